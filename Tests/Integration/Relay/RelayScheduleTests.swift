import AMQP
import Contracts
import Foundation
import Postgres
import Runtime
import TestSupport
import Testing

/// Commands whose time has come.
@Suite(.servers) struct RelayScheduleTests {
    @Test func aDueRetryGoesOutWithItsTurn() throws {
        try withCluster { cluster in
            try cluster.prepareProbe()
            try cluster.schedule(numbers: 1..<2, turn: 3)
            try cluster.start("relay")
            let queue = try QueueLog(cluster)
            try queue.receive(1)
            let properties = queue.deliveries[0].properties
            #expect(properties.messageID == "m-1")
            #expect(properties.type == "probe")
            #expect(properties.headers[Topology.turnHeader] == 3)
            #expect(properties.headers[Topology.tenantHeader] == "acme")
            #expect(queue.deliveries[0].body == Array("{}".utf8))
            try eventually("the row is gone") { try cluster.number("SELECT count(*) FROM schedule") == 0 }
        }
    }

    @Test func nothingGoesOutBeforeItsTime() throws {
        try withCluster { cluster in
            try cluster.prepareProbe()
            try cluster.start("relay")
            let queue = try QueueLog(cluster)
            let due = Foundation.Date.now.addingTimeInterval(2)
            try cluster.schedule(numbers: 1..<2, dueIn: 2)
            try queue.receive(1)
            #expect(Foundation.Date.now >= due)
            #expect(Foundation.Date.now < due.addingTimeInterval(3))
        }
    }

    @Test func severalRelaysMoveEveryRowOnce() throws {
        try withCluster { cluster in
            try cluster.prepareProbe()
            try cluster.schedule(numbers: 0..<20_000)
            for _ in 1...2 { try cluster.start("relay") }
            let queue = try QueueLog(cluster)
            try queue.receive(20_000, within: 60)
            #expect(Set(queue.ids).count == 20_000)
            try eventually("the schedule is empty") { try cluster.number("SELECT count(*) FROM schedule") == 0 }
            #expect(try queue.staysEmpty(for: .milliseconds(500)))
        }
    }

    @Test func aCommandWithoutAQueueStaysAndTheOthersMove() throws {
        try withCluster { cluster in
            try cluster.prepareProbe()
            try cluster.schedule("nobodys", numbers: 0..<50)
            try cluster.start("relay")
            try cluster.schedule(numbers: 100..<200)
            let queue = try QueueLog(cluster)
            try queue.receive(100)
            try eventually("the rows without a queue wait") {
                try cluster.number("SELECT count(*) FROM schedule WHERE due_at > now()") > 0
            }
            #expect(try cluster.number("SELECT count(*) FROM schedule WHERE cause = 'retry'") == 50)

            let broker = try cluster.broker()
            defer { broker.close() }
            let late = try broker.declareQueue(
                "late", durable: false, exclusive: false, autoDelete: false, arguments: [:])
            try broker.bind(queue: late.name, exchange: Topology.commandExchange, routingKey: "nobodys")
            try eventually("they move as soon as there is one") {
                try cluster.number("SELECT count(*) FROM schedule") == 0
            }
            #expect(try broker.inspectQueue("late")?.messages == 50)
        }
    }

    @Test func killedBeforeItForgetsTheRelaySendsTheSameCommandAgain() throws {
        try withCluster { cluster in
            try cluster.prepareProbe()
            try cluster.schedule(numbers: 1..<2, turn: 1)
            let gate = try cluster.blockingDeletes(of: "schedule")
            let relay = try cluster.start("relay")
            let queue = try QueueLog(cluster)
            try queue.receive(1)
            try eventually("the relay is about to forget") { try cluster.someoneWaitsAtTheGate() }
            relay.kill()
            try cluster.endSessionsAtTheGate()
            gate.close()
            try cluster.start("relay")
            try queue.receive(1)
            #expect(queue.ids == ["m-1", "m-1"])
            #expect(queue.deliveries.map { $0.properties.headers[Topology.turnHeader] } == [1, 1])
            try eventually("the row is gone") { try cluster.number("SELECT count(*) FROM schedule") == 0 }
        }
    }

    @Test func aRenewalThatComesWhileTheRowIsMovedIsNotLost() throws {
        try withCluster { cluster in
            try cluster.prepareProbe()
            try cluster.schedule(numbers: 1..<2)
            let gate = try cluster.blockingDeletes(of: "schedule")
            try cluster.start("relay")
            let queue = try QueueLog(cluster)
            try queue.receive(1)
            try eventually("the relay is about to forget") { try cluster.someoneWaitsAtTheGate() }
            let renewal = TestThread {
                let database = try? cluster.database()
                _ = try? database?.execute(
                    """
                    INSERT INTO schedule (subject, due_at, command, tenant, message_id, payload, cause)
                    SELECT subject, now() + interval '1 hour', command, tenant, 'm-2', payload, 'renewed' FROM schedule
                    ON CONFLICT (subject) DO UPDATE SET due_at = EXCLUDED.due_at, message_id = EXCLUDED.message_id,
                        cause = EXCLUDED.cause
                    """)
                database?.close()
            }
            try eventually("the renewal waits for the row") {
                try cluster.number("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'transactionid'") > 0
            }
            gate.close()
            renewal.join()
            #expect(try cluster.number("SELECT count(*) FROM schedule WHERE message_id = 'm-2'") == 1)
            #expect(try queue.staysEmpty(for: .milliseconds(500)))
        }
    }
}
