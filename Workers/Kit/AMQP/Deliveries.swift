/// A batch of deliveries from one queue, settled exactly once: the compiler sees to it.
///
/// Settling may happen on any thread and never blocks; the frames are sent by the consumer's thread. A batch that is
/// dropped unsettled is requeued and reported as `unsettledBatch`. A settlement that comes after the batch's channel or
/// connection ended is dropped and reported as `staleSettlements`: the broker has requeued the deliveries already.
public struct Deliveries: ~Copyable, Sendable {
    private let items: [Delivery]
    private let sink: any SettlementSink
    private var isSettled = false

    init(_ items: [Delivery], sink: any SettlementSink) {
        self.items = items
        self.sink = sink
    }

    /// A batch that came from no broker, for tests of code that settles batches. `onSettled` is called once for each
    /// part of it.
    public init(
        _ deliveries: [Delivery],
        onSettled: @escaping @Sendable ([(delivery: Delivery, settlement: Settlement)]) -> Void
    ) {
        self.init(deliveries, sink: RecordingSink(onSettled))
    }

    deinit { if !isSettled, !items.isEmpty { sink.dropped(items) } }

    /// The number of deliveries.
    public var count: Int { items.count }

    /// Whether there is none, as in one half of a partition.
    public var isEmpty: Bool { items.isEmpty }

    /// The queue all of them came from; empty when there is no delivery.
    public var queue: String { items.first?.queue ?? "" }

    /// The delivery at `index`, oldest first.
    public subscript(index: Int) -> Delivery { items[index] }

    /// The deliveries as an array, oldest first; no copy is made.
    public var all: [Delivery] { items }

    /// Settles each delivery with the settlement at its index; there must be as many.
    public consuming func settle(_ settlements: [Settlement]) {
        precondition(settlements.count == items.count, "a batch needs one settlement a delivery")
        isSettled = true
        if !items.isEmpty { sink.settle(items, .each(settlements)) }
    }

    /// Settles all of them in one way.
    public consuming func settle(all settlement: Settlement) {
        isSettled = true
        if !items.isEmpty { sink.settle(items, .all(settlement)) }
    }

    /// Acknowledges all of them.
    public consuming func acknowledge() { settle(all: .acknowledge) }

    /// Requeues all of them.
    public consuming func requeue() { settle(all: .requeue) }

    /// Refuses all of them without requeue.
    public consuming func discard() { settle(all: .discard) }

    /// Two batches in the old order: those for which `belongsInSecond` is false, and the rest. Each is settled on its
    /// own.
    public consuming func partition(_ belongsInSecond: (Delivery) -> Bool) -> DeliveriesPartition {
        isSettled = true
        var first: [Delivery] = []
        var second: [Delivery] = []
        for item in items { if belongsInSecond(item) { second.append(item) } else { first.append(item) } }
        return DeliveriesPartition(first: Deliveries(first, sink: sink), second: Deliveries(second, sink: sink))
    }
}

/// The two halves of a batch; either may be empty.
@frozen
public struct DeliveriesPartition: ~Copyable, Sendable {
    /// Those that stayed.
    public var first: Deliveries
    /// Those that were picked.
    public var second: Deliveries
}
