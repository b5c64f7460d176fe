import AMQP
import Contracts

/// What the loop does with long commands: it claims them, and others see them through.
extension ConsumerLoop {
    /// Whether a delivery to this handler can be taken on. Of a long command there is one in hand a queue, and no queue
    /// is consumed without a slot, so it is no often that one has to go back.
    func hasSlot(for handler: Handler) -> Bool {
        guard handler.long != nil, let runs = common.runs else { return true }
        return runs.slots.free > 0
    }

    /// Begins what was claimed. Before the deliveries are acknowledged: then no more come than there are slots.
    func begin(_ begun: [Begun]) {
        for one in begun {
            #if FAULTS
            if Faults.reach(.runBegin, .before) { consumer.cut() }
            #endif
            common.runs?.begin(one)
            #if FAULTS
            if Faults.reach(.runBegin, .after) { consumer.cut() }
            #endif
        }
    }
}
