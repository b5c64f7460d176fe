import AMQP
import TestSupport
import Testing

@Suite("A synchronous connection", .broker)
struct AMQPConnectionTests {
    @Test("knows who answered")
    func broker() throws {
        let connection = try Connection.open(try brokerURI(), name: "ruche-tests")
        defer { connection.close() }
        #expect(connection.broker.product == "RabbitMQ")
        #expect(connection.broker.version >= Broker.Version(3, 10))
        #expect(connection.broker.capabilities.isSuperset(of: ["basic.nack", "publisher_confirms"]))
    }

    @Test("carries every property and field type there and back")
    func roundTrip() throws {
        try withQueue { connection, queue in
            let headers: Headers = [
                "bool": true, "no": false, "int": 42, "negative": -1, "large": .int(.max), "double": 2.5,
                "string": "hé", "empty": "", "long": .string(String(repeating: "x", count: 3000)),
                "bytes": .bytes([0, 255, 128]), "timestamp": .timestamp(1_700_000_000), "void": .void,
                "array": .array([1, "two", .array([true]), .table(["deep": .void])]),
                "table": .table(["a": 1, "b": .table(["c": "d"])]),
                "a name that is longer than fifteen bytes": "a value that is longer than fifteen bytes",
            ]
            let properties = Properties(
                contentType: "application/json", contentEncoding: "identity", headers: headers, isPersistent: true,
                priority: 3, correlationID: "correlation", replyTo: "reply", expiration: "60000", messageID: "id-1",
                timestamp: 1_700_000_001, type: "kind", userID: nil, appID: "tests")
            try connection.publish(
                OutgoingMessage(exchange: "", routingKey: queue, properties: properties, body: [1, 2, 3], token: 7))
            #expect(
                try connection.waitForConfirms(within: .seconds(10)) == [PublishReport(token: 7, outcome: .confirmed)])
            _ = try connection.consume(queue)
            let delivery = try #require(try connection.receive(within: .seconds(10)))
            #expect(delivery.properties == properties)
            #expect(delivery.body == [1, 2, 3])
            #expect(delivery.queue == queue && delivery.exchange.isEmpty && delivery.routingKey == queue)
            #expect(!delivery.isRedelivered && delivery.deliveryCount == 0)
            try connection.settle(delivery, .acknowledge)
        }
    }

    @Test("splits and joins bodies of any size", arguments: [0, 1, 131_063, 131_064, 131_065, 1_048_576, 5_000_001])
    func bodies(size: Int) throws {
        try withQueue { connection, queue in
            let body = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
            try connection.fill(queue, with: [body, [9]])
            _ = try connection.consume(queue)
            #expect(try connection.receive(within: .seconds(20))?.body == body)
            #expect(try connection.receive(within: .seconds(20))?.body == [9])
        }
    }

    @Test("settles: acknowledged is gone, requeued comes back, discarded is dropped")
    func settlements() throws {
        try withQueue(arguments: ["x-queue-type": "quorum"]) { connection, queue in
            try connection.fill(queue, with: [[1], [2], [3]])
            let tag = try connection.consume(queue)
            let deliveries = try (0..<3).map { _ in try #require(try connection.receive(within: .seconds(10))) }
            try connection.settle(deliveries[0], .acknowledge)
            try connection.settle(deliveries[2], .discard)
            try connection.settle(deliveries[1], .requeue)
            try connection.settle(deliveries[1], .acknowledge)
            let again = try #require(try connection.receive(within: .seconds(10)))
            #expect(again.body == [2] && again.isRedelivered && again.deliveryCount == 1)
            try connection.settle(again, .acknowledge)
            try connection.cancel(tag)
            #expect(try connection.ready(queue, 0) == 0)
        }
    }

    @Test("tells a returned message from its confirmed neighbours")
    func returned() throws {
        try withQueue { connection, queue in
            for token: UInt64 in 1...3 {
                try connection.publish(
                    OutgoingMessage(
                        exchange: "", routingKey: token == 2 ? uniqueName("nowhere") : queue, body: [], token: token))
            }
            let reports = try connection.waitForConfirms(within: .seconds(10))
            let outcomes = Dictionary(uniqueKeysWithValues: reports.map { ($0.token, $0.outcome) })
            #expect(outcomes == [1: .confirmed, 2: .returned(replyCode: 312, text: "NO_ROUTE"), 3: .confirmed])
        }
    }

    @Test("survives errors of a channel, each thrown with its code")
    func channelErrors() throws {
        try withQueue { connection, queue in
            try connection.fill(queue, with: [[1]])
            _ = try connection.consume(queue)
            let held = try #require(try connection.receive(within: .seconds(10)))

            #expect(try connection.inspectQueue(uniqueName("nowhere")) == nil)
            let conflict = try #require(throws: AMQPError.self) {
                try connection.declareQueue(queue, durable: false)
            }
            #expect(conflict.code == .channelClosed && conflict.replyCode == 406 && !conflict.isTransient)
            let missing = try #require(throws: AMQPError.self) { try connection.consume(uniqueName("nowhere")) }
            #expect(missing.replyCode == 404)
            let unbound = try #require(throws: AMQPError.self) {
                try connection.bind(queue: queue, exchange: uniqueName("nowhere"), routingKey: "k")
            }
            #expect(unbound.replyCode == 404)
            try connection.publish(
                OutgoingMessage(exchange: uniqueName("nowhere"), routingKey: "k", body: [], token: 5))
            let refused = try #require(throws: AMQPError.self) { try connection.waitForConfirms(within: .seconds(10)) }
            #expect(refused.replyCode == 404)
            #expect(try connection.waitForConfirms(within: .zero) == [PublishReport(token: 5, outcome: .unknown)])

            // The delivery of another channel is still ours.
            try connection.settle(held, .acknowledge)
            try connection.fill(queue, with: [[2]])
            #expect(try connection.receive(within: .seconds(10))?.body == [2])
        }
    }

    @Test("refuses what AMQP cannot say before sending it")
    func limits() throws {
        try withQueue { connection, queue in
            let long = String(repeating: "x", count: 256)
            for send in [
                { try connection.publish(OutgoingMessage(exchange: long, routingKey: "", body: [])) },
                { _ = try connection.declareQueue(long) },
                { try connection.bind(queue: queue, exchange: "amq.topic", routingKey: long) },
            ] {
                let error = try #require(throws: AMQPError.self) { try send() }
                #expect(error.code == .invalidArgument)
            }
            try connection.fill(queue, with: [[1]])
        }
    }

    @Test("routes by exchanges and bindings, and unbinds")
    func topology() throws {
        try withQueue { connection, queue in
            let exchange = uniqueName("exchange")
            try connection.declareExchange(exchange, kind: "topic", durable: false)
            defer { try? connection.deleteExchange(exchange) }
            try connection.bind(queue: queue, exchange: exchange, routingKey: "a.*")
            let outcomes = { () throws -> [PublishOutcome] in
                for key in ["a.b", "b.b"] {
                    try connection.publish(OutgoingMessage(exchange: exchange, routingKey: key, body: []))
                }
                return try connection.waitForConfirms(within: .seconds(10)).map(\.outcome)
            }
            let noRoute = PublishOutcome.returned(replyCode: 312, text: "NO_ROUTE")
            #expect(Set(try outcomes()) == [.confirmed, noRoute])
            #expect(try connection.ready(queue, 1) == 1)
            #expect(try connection.purgeQueue(queue) == 1)
            try connection.unbind(queue: queue, exchange: exchange, routingKey: "a.*")
            #expect(try outcomes() == [noRoute, noRoute])
        }
    }

    @Test("receives replies without a queue, and by a queue the broker names")
    func replies() throws {
        try withQueue { connection, queue in
            let private_ = try connection.declareQueue(durable: false, exclusive: true, autoDelete: true)
            #expect(private_.name.hasPrefix("amq.gen"))
            for address in [Connection.directReplyTo, private_.name] {
                let tag = try connection.consume(address, noAck: true)
                try connection.publish(
                    OutgoingMessage(
                        exchange: "", routingKey: queue, properties: Properties(replyTo: address), body: [1]))
                _ = try connection.waitForConfirms(within: .seconds(10))
                let responder = try Connection.open(try brokerURI(), name: "ruche-tests responder")
                defer { responder.close() }
                _ = try responder.consume(queue)
                let request = try #require(try responder.receive(within: .seconds(10)))
                let back = try #require(request.properties.replyTo)
                // RabbitMQ 3.10 returns a mandatory direct reply although it delivers it.
                try responder.publish(OutgoingMessage(exchange: "", routingKey: back, body: [2], mandatory: false))
                let outcomes = try responder.waitForConfirms(within: .seconds(10)).map(\.outcome)
                #expect(outcomes == [.confirmed])
                try responder.settle(request, .acknowledge)
                let reply = try #require(try connection.receive(within: .seconds(10)))
                #expect(reply.body == [2] && reply.queue == address)
                try connection.cancel(tag)
            }
        }
    }

    @Test("says why it cannot connect")
    func refusals() throws {
        var uri = try brokerURI()
        uri.password += "x"
        #expect(code(uri) == .authenticationFailed)
        uri = try brokerURI()
        uri.virtualHost = uniqueName("vhost")
        #expect(code(uri) == .virtualHostRefused)
        uri = try brokerURI("connection_timeout=2000")
        uri.hosts = [AMQPURI.Host(name: "127.0.0.1", port: 1)]
        #expect(code(uri) == .unreachable)
        uri.hosts = [AMQPURI.Host(name: "does-not-exist.invalid", port: 5672)]
        #expect(code(uri) == .unreachable)
        uri.hosts.append(try brokerURI().hosts[0])
        #expect(code(uri) == nil, "the second host answers")
    }

    @Test("gives up on a peer that accepts and says nothing")
    func silence() throws {
        let proxy = try TCPProxy(try brokerURI("connection_timeout=500"))
        defer { proxy.close() }
        proxy.inflict(.frozen)
        let start = ContinuousClock.now
        #expect([.timeout, .connectionLost].contains(code(proxy.uri)))
        #expect(ContinuousClock.now - start < .seconds(5))
    }

    private func code(_ uri: AMQPURI) -> AMQPError.Code? {
        do throws(AMQPError) {
            try Connection.open(uri, name: "ruche-tests").close()
            return nil
        } catch { return error.code }
    }

    @Test("stays closed after its connection was lost")
    func lost() throws {
        let proxy = try TCPProxy(try brokerURI())
        defer { proxy.close() }
        let connection = try Connection.open(proxy.uri, name: "ruche-tests")
        proxy.cut()
        for _ in 0..<2 {
            let error = try #require(throws: AMQPError.self) { try connection.receive(within: .seconds(10)) }
            #expect(error.code == .connectionLost && error.isTransient)
        }
        connection.close()
    }
}
