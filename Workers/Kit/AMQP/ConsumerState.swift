/// The shared state of a consumer, behind its lock.
struct ConsumerState {
    enum Life { case fresh, running, ended }

    /// One queue.
    struct Lane {
        var buffer = DeliveryBuffer()
        /// The channel's epoch; 0 while there is none.
        var epoch: UInt64 = 0
        /// Delivered and not settled.
        var unsettled = 0
        /// What these take in memory.
        var weight = 0
        var isWanted = true
        var isConsuming = false

        mutating func begin(epoch: UInt64) {
            self.epoch = epoch
            buffer = DeliveryBuffer()
            unsettled = 0
            weight = 0
            isConsuming = false
        }
    }

    var lanes: [Lane]
    var settlements: [SettlementBatch] = []
    var life = Life.fresh
    var stopBy: Duration?
    /// Threads that sleep in `take`.
    var waiting = 0
    /// How often they were woken.
    var wakes: UInt64 = 0
    private var mustWake = false
    var hasNews = false
    var isAsleep = false
    var status = ConsumerStatus()

    init(lanes: [Lane]) { self.lanes = lanes }

    /// What all unsettled deliveries take in memory.
    var weight: Int { lanes.reduce(0) { $0 + $1.weight } }

    /// Up to `limit` deliveries of the lane whose head arrived first, that take up to `bytes` in memory; one at least.
    mutating func take(upTo limit: Int, bytes: Int) -> [Delivery]? {
        var oldest: (lane: Int, arrival: UInt64)?
        for index in lanes.indices {
            guard let arrival = lanes[index].buffer.firstArrival else { continue }
            if let known = oldest, known.arrival < arrival { continue }
            oldest = (index, arrival)
        }
        return oldest.map { lane, _ in
            // Small messages, which are most, are not weighed one by one.
            guard lanes[lane].weight > bytes else { return lanes[lane].buffer.take(upTo: limit) }
            defer { lanes[lane].buffer.forgetTaken() }
            return lanes[lane].buffer.take(upTo: lanes[lane].buffer.fitting(limit, bytes))
        }
    }

    /// Wakes all who wait, or else who comes next.
    mutating func wake() {
        wakes += 1
        mustWake = waiting == 0
    }

    /// Whether a `take` that has waited since that many wakes is to return; since `nil` it has not waited yet.
    mutating func isWoken(since wakesBefore: UInt64?) -> Bool {
        if let wakesBefore { return wakes != wakesBefore }
        defer { mustWake = false }
        return mustWake
    }

    /// Puts settlements in the mailbox, unless their epoch is over.
    mutating func accept(_ batch: SettlementBatch) -> Bool {
        guard life != .ended, lanes[batch.lane].epoch == batch.epoch else { return false }
        lanes[batch.lane].unsettled -= batch.count
        lanes[batch.lane].weight -= batch.weight
        settlements.append(batch)
        return true
    }

    /// Requeues what nobody has taken.
    mutating func returnUndelivered() {
        for index in lanes.indices where lanes[index].buffer.count > 0 {
            let items = lanes[index].buffer.take(upTo: .max)
            _ = accept(
                SettlementBatch(
                    lane: index, epoch: items[0].storage.epoch, deliveries: items, choice: .all(.requeue)))
        }
        hasNews = true
    }
}

/// First in, first out, in arrays: taking everything moves no element.
struct DeliveryBuffer {
    private var items: [Delivery] = []
    private var head = 0

    var count: Int { items.count - head }
    var firstArrival: UInt64? { head < items.count ? items[head].storage.arrival : nil }

    /// Moves everything out of `fresh`.
    mutating func append(_ fresh: inout [Delivery]) {
        if count == 0 {
            items = fresh
            head = 0
            fresh = []
        } else {
            items.append(contentsOf: fresh)
            fresh.removeAll(keepingCapacity: true)
        }
    }

    /// Lets go of what was taken: until then the array keeps it in memory.
    mutating func forgetTaken() {
        items.removeFirst(head)
        head = 0
    }

    /// How many of the first `limit` fit `bytes`; one at least.
    func fitting(_ limit: Int, _ bytes: Int) -> Int {
        var (fit, left) = (0, bytes)
        while fit < limit, head + fit < items.count, fit == 0 || left >= items[head + fit].storage.weight {
            left -= items[head + fit].storage.weight
            fit += 1
        }
        return fit
    }

    mutating func take(upTo limit: Int) -> [Delivery] {
        if head == 0, items.count <= limit {
            defer { items = [] }
            return items
        }
        let end = head + min(limit, count)
        defer {
            head = end
            if head == items.count {
                items = []
                head = 0
            } else if head * 2 > items.count {
                // Never more in memory than twice what is there, and no delivery is moved twice on the average.
                forgetTaken()
            }
        }
        return Array(items[head..<end])
    }
}
