/// Where a batch's settlements go.
protocol SettlementSink: AnyObject, Sendable {
    /// Settles deliveries of one queue and one epoch.
    func settle(_ deliveries: [Delivery], _ choice: SettlementChoice)

    /// A batch was dropped without being settled.
    func dropped(_ deliveries: [Delivery])
}

/// How a batch is settled: alike, or one by one in its order.
enum SettlementChoice: Sendable {
    case all(Settlement)
    case each([Settlement])

    subscript(index: Int) -> Settlement {
        switch self {
        case .all(let settlement): settlement
        case .each(let settlements): settlements[index]
        }
    }
}

/// Settlements on their way to the consumer's thread: tags only, so that bodies are freed where they were used.
struct SettlementBatch: Sendable {
    private enum Tags { case range(ClosedRange<UInt64>), list([UInt64]) }

    let lane: Int
    let epoch: UInt64
    let count: Int
    /// What its deliveries took in memory.
    let weight: Int
    private let tags: Tags
    private let choice: SettlementChoice

    init(lane: Int, epoch: UInt64, deliveries: [Delivery], choice: SettlementChoice) {
        self.lane = lane
        self.epoch = epoch
        self.choice = choice
        count = deliveries.count
        weight = deliveries.reduce(0) { $0 + $1.storage.weight }
        let first = deliveries[0].storage.tag
        let last = deliveries[deliveries.count - 1].storage.tag
        if last >= first, last - first == UInt64(deliveries.count - 1) {
            tags = .range(first...last)
        } else {
            tags = .list(deliveries.map { $0.storage.tag })
        }
    }

    /// Marks every tag in `tracker`.
    func apply(to tracker: inout SettlementTracker) {
        switch tags {
        case .range(let range): for (index, tag) in range.enumerated() { tracker.settle(tag, choice[index]) }
        case .list(let list): for (index, tag) in list.enumerated() { tracker.settle(tag, choice[index]) }
        }
    }
}

/// Tells a closure; for batches that came from no broker.
final class RecordingSink: SettlementSink {
    private let onSettled: @Sendable ([(delivery: Delivery, settlement: Settlement)]) -> Void

    init(_ onSettled: @escaping @Sendable ([(delivery: Delivery, settlement: Settlement)]) -> Void) {
        self.onSettled = onSettled
    }

    func settle(_ deliveries: [Delivery], _ choice: SettlementChoice) {
        onSettled(deliveries.enumerated().map { ($0.element, choice[$0.offset]) })
    }

    func dropped(_ deliveries: [Delivery]) { settle(deliveries, .all(.requeue)) }
}
