import AMQP
import Synchronization
import Testing

@Suite("Messages and batches")
struct MessageTests {
    @Test("headers keep their order and replace in place")
    func headers() {
        var headers: Headers = ["a": 1, "b": "two", "c": true]
        headers["b"] = 2.5
        headers["d"] = .void
        headers["a"] = nil
        #expect(headers.map(\.name) == ["b", "c", "d"])
        #expect(headers["b"] == .double(2.5))
        #expect(headers["a"] == nil)
        #expect(headers.count == 3)
    }

    @Test(
        "versions compare number by number",
        arguments: [("3.10.8", "3.9.27"), ("4.0.0", "3.13.7"), ("4.1", "4.0.9"), ("3.10.8", "3.10"), ("10", "9.9.9")])
    func versions(higher: String, lower: String) {
        #expect(Broker.Version(parsing: higher) > Broker.Version(parsing: lower))
        #expect(Broker.Version(parsing: "4.0.0-rc.1") == Broker.Version(4))
    }

    @Test(
        "the delivery count comes from its header, or from the redelivery flag",
        arguments: [
            (Headers(), false, 0), (Headers(), true, 1), (["x-delivery-count": 7], true, 7),
            (["x-delivery-count": "7"], true, 1),
        ] as [(Headers, Bool, Int)])
    func deliveryCount(headers: Headers, isRedelivered: Bool, expected: Int) {
        let delivery = Delivery(
            queue: "q", properties: Properties(headers: headers), body: [], isRedelivered: isRedelivered)
        #expect(delivery.deliveryCount == expected)
    }

    @Test("what AMQP cannot carry is found before it is sent")
    func limits() {
        let long = String(repeating: "x", count: 256)
        var message = OutgoingMessage(exchange: "x", routingKey: "k", body: [1])
        #expect(WireLimits.fault(of: message) == nil)
        message.routingKey = long
        #expect(WireLimits.fault(of: message) != nil)
        message = OutgoingMessage(exchange: "x", routingKey: "k", properties: Properties(messageID: long), body: [])
        #expect(WireLimits.fault(of: message) != nil)
        message.properties = Properties(headers: [long: 1])
        #expect(WireLimits.fault(of: message) != nil)
        message.properties = Properties(headers: ["h": .bytes([UInt8](repeating: 0, count: 100_000))])
        #expect(WireLimits.fault(of: message) != nil)
        var deep = FieldValue.table(["a": 1])
        for _ in 0..<50 { deep = .table(["a": deep]) }
        message.properties = Properties(headers: ["h": deep])
        #expect(WireLimits.fault(of: message) != nil)
    }

    @Test("a batch is settled once, by the one who holds it")
    func settlement() {
        let log = Log()
        let batch = Deliveries(deliveries(3)) { log.add($0) }
        batch.settle([.acknowledge, .requeue, .discard])
        #expect(log.settled == [["0a", "1r", "2d"]])
    }

    @Test("a batch that is dropped is requeued")
    func dropped() {
        let log = Log()
        do { _ = Deliveries(deliveries(2)) { log.add($0) } }
        #expect(log.settled == [["0r", "1r"]])
    }

    @Test("the halves of a batch are settled apart, in the old order")
    func partition() {
        let log = Log()
        let parts = Deliveries(deliveries(5)) { log.add($0) }.partition { $0.body[0] % 2 == 1 }
        #expect(parts.first.count == 3 && parts.second.count == 2)
        parts.second.discard()
        parts.first.acknowledge()
        #expect(log.settled == [["1d", "3d"], ["0a", "2a", "4a"]])
    }

    @Test("an empty half settles nothing")
    func emptyHalf() {
        let log = Log()
        let parts = Deliveries(deliveries(1)) { log.add($0) }.partition { _ in false }
        #expect(parts.second.isEmpty == true)
        parts.second.acknowledge()
        parts.first.requeue()
        #expect(log.settled == [["0r"]])
    }

    private func deliveries(_ count: UInt8) -> [Delivery] { (0..<count).map { Delivery(queue: "q", body: [$0]) } }

    private final class Log: Sendable {
        private let entries = Mutex<[[String]]>([])
        var settled: [[String]] { entries.withLock { $0 } }

        func add(_ settled: [(delivery: Delivery, settlement: Settlement)]) {
            entries.withLock { entries in
                entries.append(
                    settled.map { "\($0.delivery.body[0])\("ard".dropFirst(Int($0.settlement.rawValue)).prefix(1))" })
            }
        }
    }
}
