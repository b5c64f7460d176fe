import AMQP
import Testing

@Suite("The settlement tracker")
struct SettlementTrackerTests {
    private func tracker(delivered count: UInt64) -> SettlementTracker {
        var tracker = SettlementTracker()
        for tag in 1...count { tracker.delivered(tag) }
        return tracker
    }

    @Test("settles a whole batch with one frame")
    func coalesced() {
        var tracker = tracker(delivered: 500)
        for tag in 1...500 { #expect(tracker.settle(UInt64(tag), .acknowledge) == true) }
        #expect(tracker.flush() == [.ack(tag: 500, multiple: true)])
        #expect(tracker.unsettled == 0)
        #expect(tracker.flush().isEmpty)
    }

    @Test("uses multiple only when every earlier tag is settled")
    func gaps() {
        var tracker = tracker(delivered: 5)
        for tag: UInt64 in [1, 2, 4, 5] { tracker.settle(tag, .acknowledge) }
        #expect(
            tracker.flush() == [
                .ack(tag: 2, multiple: true), .ack(tag: 4, multiple: false), .ack(tag: 5, multiple: false),
            ])
        tracker.settle(3, .acknowledge)
        #expect(tracker.flush() == [.ack(tag: 3, multiple: false)])
        tracker.delivered(6)
        tracker.delivered(7)
        tracker.settle(6, .acknowledge)
        tracker.settle(7, .acknowledge)
        #expect(tracker.flush() == [.ack(tag: 7, multiple: true)])
    }

    @Test("keeps kinds apart")
    func kinds() {
        var tracker = tracker(delivered: 6)
        let kinds: [Settlement] = [.acknowledge, .acknowledge, .discard, .requeue, .requeue, .acknowledge]
        for (index, kind) in kinds.enumerated() { tracker.settle(UInt64(index + 1), kind) }
        #expect(
            tracker.flush() == [
                .ack(tag: 2, multiple: true), .nack(tag: 3, multiple: false, requeue: false),
                .nack(tag: 5, multiple: true, requeue: true), .ack(tag: 6, multiple: false),
            ])
    }

    @Test("ignores what would close the channel: unknown tags and second settlements")
    func doubles() {
        var tracker = tracker(delivered: 2)
        #expect(tracker.settle(0, .acknowledge) == false)
        #expect(tracker.settle(3, .acknowledge) == false)
        #expect(tracker.settle(2, .acknowledge) == true)
        #expect(tracker.settle(2, .requeue) == false)
        #expect(tracker.flush() == [.ack(tag: 2, multiple: false)])
        #expect(tracker.settle(2, .acknowledge) == false)
        #expect(tracker.settle(1, .discard) == true)
        #expect(tracker.flush() == [.nack(tag: 1, multiple: false, requeue: false)])
        #expect(tracker.settle(1, .acknowledge) == false)
        #expect(tracker.flush().isEmpty)
    }

    @Test("tells a broker what was decided, whatever the order", arguments: UInt64(1)...20)
    func model(seed: UInt64) throws {
        var random = SplitMix(seed)
        var tracker = SettlementTracker()
        var broker: [UInt64: Settlement?] = [:]
        var decided: [UInt64: Settlement] = [:]
        var open: [UInt64] = []
        var next: UInt64 = 1
        for _ in 0..<3000 {
            for _ in 0..<Int.random(in: 0...6, using: &random) {
                tracker.delivered(next)
                broker[next] = .some(nil)
                open.append(next)
                next += 1
            }
            if Bool.random(using: &random) { open.shuffle(using: &random) }
            for _ in 0..<Int.random(in: 0...min(6, open.count), using: &random) {
                let tag = open.removeFirst()
                let kind: Settlement =
                    Int.random(in: 0..<10, using: &random) < 8
                    ? .acknowledge : Bool.random(using: &random) ? .requeue : .discard
                #expect(tracker.settle(tag, kind) == true)
                decided[tag] = kind
            }
            for action in tracker.flush() { try apply(action, to: &broker) }
            #expect(tracker.unsettled == open.count)
        }
        for (tag, kind) in broker { #expect(kind == decided[tag]) }
    }

    private func apply(_ action: SettlementTracker.Action, to broker: inout [UInt64: Settlement?]) throws {
        let (last, multiple, kind): (UInt64, Bool, Settlement) =
            switch action {
            case .ack(let tag, let multiple): (tag, multiple, .acknowledge)
            case .nack(let tag, let multiple, let requeue): (tag, multiple, requeue ? .requeue : .discard)
            }
        // A broker closes the channel when the tag itself is not outstanding.
        #expect(try #require(broker[last]) == nil)
        for tag in (multiple ? 1 : last)...last where broker[tag] == .some(nil) { broker[tag] = kind }
    }
}
