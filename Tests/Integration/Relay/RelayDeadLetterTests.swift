import AMQP
import Contracts
import Postgres
import Runtime
import Sealing
import TestSupport
import Testing

/// What the broker gave up on.
@Suite(.servers) struct RelayDeadLetterTests {
    /// Publishes a command and makes the broker give up on it.
    static func bury(_ id: String?, in queue: QueueLog, _ cluster: Cluster, turn: Int = 0) throws {
        let load = try Load(cluster)
        try load.publish(Cluster.probe, id: id, body: Array("{}".utf8)) {
            $0.headers = ["tenant": "acme", "x-own": "kept"]
            if turn > 0 { $0.headers[Topology.turnHeader] = .int(turn) }
        }
        try load.settle()
        try queue.receive(1, .discard)
    }

    @Test func aDeadLetterComesBackUnderItsOwnIdentity() throws {
        try withCluster { cluster in
            try cluster.prepareProbe()
            let queue = try QueueLog(cluster)
            try Self.bury("m-1", in: queue, cluster, turn: 2)
            try cluster.start("relay")
            try queue.receive(1)
            let back = queue.deliveries[1].properties
            #expect(back.messageID == "m-1")
            #expect(back.headers[Topology.turnHeader] == 2)
            #expect(back.headers["x-own"] == "kept")
            #expect(back.headers["x-death"] == nil)
            #expect(back.headers["x-first-death-queue"] == nil)
            #expect(queue.deliveries[1].body == queue.deliveries[0].body)
        }
    }

    @Test func aMessageThatKeepsDyingComesBackSlowerAndSlower() throws {
        try withCluster { cluster in
            try cluster.prepareProbe()
            let queue = try QueueLog(cluster)
            try Self.bury("m-1", in: queue, cluster)
            try cluster.start("relay")
            let clock = ContinuousClock()
            let took = try clock.measure { try queue.receive(4, .discard) }
            // At once, then after 250, 500 and 1000 ms.
            #expect(took > .milliseconds(1750))
            try queue.receive(1)
            #expect(Set(queue.ids) == ["m-1"])
        }
    }

    @Test func oneThatHasItsOutcomeIsPutToRest() throws {
        try withCluster { cluster in
            try cluster.prepareProbe()
            let queue = try QueueLog(cluster)
            try Self.bury("done", in: queue, cluster)
            let database = try cluster.database()
            defer { database.close() }
            let key = UniqueID(bytes: Digest.key("probe", "acme", "done"))
            try database.execute(
                """
                INSERT INTO job_key (key, day, state, turn, attempt, sequence, body_hash)
                VALUES (\(key), current_date, 's', 0, 1, 1, sha256('{}'))
                """)
            let relay = try cluster.start("relay", ["LOG_LEVEL": "debug"])
            try Self.bury("open", in: queue, cluster)
            try queue.receive(1)
            #expect(queue.ids == ["done", "open", "open"])
            #expect(relay.terminate() == 0)
            let broker = try cluster.broker()
            defer { broker.close() }
            #expect(try broker.inspectQueue(Topology.deadLetterQueue)?.messages == 0)
        }
    }

    @Test func theSameIdWithAnotherBodyHasNoOutcomeYet() throws {
        try withCluster { cluster in
            try cluster.prepareProbe()
            let queue = try QueueLog(cluster)
            try Self.bury("m-1", in: queue, cluster)
            let database = try cluster.database()
            defer { database.close() }
            try database.execute(
                """
                INSERT INTO job_key (key, day, state, turn, attempt, sequence, body_hash)
                VALUES (\(UniqueID(bytes: Digest.key("probe", "acme", "m-1"))), current_date, 's', 0, 1, 1,
                    sha256('other'))
                """)
            try cluster.start("relay")
            try queue.receive(1)
            #expect(queue.ids == ["m-1", "m-1"])
        }
    }

    @Test func aMessageOfUnknownOriginIsKeptSealed() throws {
        try withCluster { cluster in
            let broker = try cluster.broker()
            defer { broker.close() }
            try broker.publish(
                OutgoingMessage(
                    exchange: Topology.deadLetterExchange, routingKey: "lost", properties: Properties(messageID: "m-1"),
                    body: Array("secret".utf8)))
            _ = try broker.waitForConfirms(within: .seconds(10))
            try cluster.start("relay")
            try eventually("it is kept") { try cluster.number("SELECT count(*) FROM stray") == 1 }
            let database = try cluster.database()
            defer { database.close() }
            let rows = try database.query("SELECT exchange, routing_key, message_id, body FROM stray")
            #expect(try rows.get(0, 0, as: String.self) == Topology.deadLetterExchange)
            #expect(try rows.get(0, 1, as: String.self) == "lost")
            #expect(try rows.get(0, 2, as: String.self) == "m-1")
            let body = try cluster.keys.open(rows.get(0, 3, as: Bytes.self).array, context: "stray/body")
            #expect(body == Array("secret".utf8))
            try eventually("the queue is empty") { try broker.inspectQueue(Topology.deadLetterQueue)?.messages == 0 }
        }
    }
}
