/// Decides which acks and nacks one channel sends, and as how few as possible.
///
/// Delivery tags of a channel count up from 1. `multiple` settles every earlier tag as well, so it is only used when
/// every earlier tag is settled the same way or was settled before; what lies behind an unsettled tag is settled one by
/// one, at once, so that it does not hold up the prefetch window. Cost: one byte a tag from the oldest unsettled one
/// on.
package struct SettlementTracker: Sendable {
    /// A frame to send.
    package enum Action: Equatable, Sendable {
        /// `basic.ack`.
        case ack(tag: UInt64, multiple: Bool)
        /// `basic.nack`.
        case nack(tag: UInt64, multiple: Bool, requeue: Bool)
    }

    private enum State {
        static let unsettled: UInt8 = 0xFF
        static let sent: UInt8 = 0xFE
    }

    /// The lowest tag that `states` speaks of.
    private var base: UInt64 = 1
    /// State by tag: unsettled, sent, or the raw value of the settlement to send.
    private var states: [UInt8] = []
    /// How many entries of `states` lie before `base`: removed in bulk.
    private var dead = 0
    private var decided: [UInt64] = []

    /// Deliveries that are not settled yet.
    package private(set) var unsettled = 0

    package init() {}

    /// Notes the delivery of `tag`, the successor of the last one.
    package mutating func delivered(_ tag: UInt64) {
        let expected = base + UInt64(states.count - dead)
        guard tag >= expected else { return }
        for _ in expected..<tag { states.append(State.sent) }
        states.append(State.unsettled)
        unsettled += 1
    }

    /// Decides a tag. Unknown and already settled tags are ignored: settling one twice would close the channel.
    /// - Returns: whether the tag was waiting for it.
    @discardableResult
    package mutating func settle(_ tag: UInt64, _ settlement: Settlement) -> Bool {
        guard tag >= base else { return false }
        let index = dead + Int(tag - base)
        guard index < states.count, states[index] == State.unsettled else { return false }
        states[index] = settlement.rawValue
        unsettled -= 1
        decided.append(tag)
        return true
    }

    /// The frames for everything decided since the last call, in the order to send them.
    package mutating func flush() -> [Action] {
        if decided.isEmpty { return [] }
        var actions: [Action] = []
        flushPrefix(into: &actions)
        for tag in decided where tag >= base {
            let index = dead + Int(tag - base)
            guard let settlement = Settlement(rawValue: states[index]) else { continue }
            actions.append(Self.action(tag, settlement, multiple: false))
            states[index] = State.sent
        }
        decided.removeAll(keepingCapacity: true)
        return actions
    }

    /// Walks from the oldest tag to the first unsettled one, one action a run of the same settlement.
    private mutating func flushPrefix(into actions: inout [Action]) {
        var run: (settlement: Settlement, last: UInt64, count: Int)?
        var index = dead
        while index < states.count, states[index] != State.unsettled {
            let tag = base + UInt64(index - dead)
            if let settlement = Settlement(rawValue: states[index]) {
                if let current = run, current.settlement == settlement {
                    run = (settlement, tag, current.count + 1)
                } else {
                    if let current = run {
                        actions.append(Self.action(current.last, current.settlement, multiple: current.count > 1))
                    }
                    run = (settlement, tag, 1)
                }
            }
            index += 1
        }
        if let current = run {
            actions.append(Self.action(current.last, current.settlement, multiple: current.count > 1))
        }
        base += UInt64(index - dead)
        dead = index
        if dead == states.count {
            states.removeAll(keepingCapacity: true)
            dead = 0
        } else if dead > 4096, dead * 2 > states.count {
            states.removeFirst(dead)
            dead = 0
        }
    }

    private static func action(_ tag: UInt64, _ settlement: Settlement, multiple: Bool) -> Action {
        switch settlement {
        case .acknowledge: .ack(tag: tag, multiple: multiple)
        case .requeue: .nack(tag: tag, multiple: multiple, requeue: true)
        case .discard: .nack(tag: tag, multiple: multiple, requeue: false)
        }
    }
}
