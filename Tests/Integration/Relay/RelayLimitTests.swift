import AMQP
import Contracts
import Foundation
import Postgres
import TestSupport
import Testing

/// What the settings that the relay shares with the workers do to it.
@Suite(.servers) struct RelayLimitTests {
    /// Fills the queue of dead letters.
    static func publish(_ count: Int, _ broker: AMQP.Connection) throws {
        for number in 1...count {
            try broker.publish(
                OutgoingMessage(
                    exchange: Topology.deadLetterExchange, routingKey: "lost",
                    properties: Properties(isPersistent: true, messageID: "m-\(number)"), body: [1]))
        }
        _ = try broker.waitForConfirms(within: .seconds(10))
    }

    static func ready(_ broker: AMQP.Connection) throws -> Int {
        try broker.inspectQueue(Topology.deadLetterQueue)?.messages ?? -1
    }

    @Test func thePrefetchBoundsTheDeadLettersInHand() throws {
        try withCluster { cluster in
            let broker = try cluster.broker()
            defer { broker.close() }
            let database = try cluster.database()
            defer { database.close() }
            // Nothing can be kept, so what has been taken stays in hand.
            let holder = database.begin()
            try holder.execute("LOCK TABLE stray IN ACCESS EXCLUSIVE MODE")
            try Self.publish(10, broker)
            try cluster.start("relay", ["PREFETCH": "3"])
            try eventually("three are in hand") { try Self.ready(broker) == 7 }
            holder.rollback()
            try eventually("all are kept") { try cluster.number("SELECT count(*) FROM stray") == 10 }
        }
    }

    @Test func deadLettersAreHandedBackWhenTheDatabaseStaysAway() throws {
        try withCluster { cluster in
            let broker = try cluster.broker()
            defer { broker.close() }
            let relay = try cluster.start("relay", ["HOLD_LIMIT": "1s"])
            try eventually("the relay consumes") {
                try broker.inspectQueue(Topology.deadLetterQueue)?.consumers == 1
            }
            try HostileMessageTests.closeDatabase(cluster, true)
            try Self.publish(5, broker)
            try relay.waitForLine(containing: "dead letters are handed back")
            try eventually("all lie in the queue, and nobody holds it") {
                let queue = try broker.inspectQueue(Topology.deadLetterQueue)
                return queue?.messages == 5 && queue?.consumers == 0
            }
            try HostileMessageTests.closeDatabase(cluster, false)
            try eventually("all are kept") { try cluster.number("SELECT count(*) FROM stray") == 5 }
            #expect(relay.terminate() == 0)
        }
    }

    @Test func theGraceBoundsAStop() throws {
        try withCluster { cluster in
            let database = try cluster.database()
            defer { database.close() }
            let relay = try cluster.start("relay", ["SHUTDOWN_GRACE": "1s"])
            let holder = database.begin()
            try holder.execute("LOCK TABLE schedule IN ACCESS EXCLUSIVE MODE")
            try eventually("the movers wait for the table") {
                try holder.query(
                    "SELECT count(*) >= 2 FROM pg_locks WHERE relation = 'schedule'::regclass AND NOT granted"
                ).get(0, 0)
            }
            #expect(relay.terminate() == 0)
            #expect(relay.output.contains("the grace is over"))
            holder.rollback()
        }
    }

    @Test func aStopThatNeedsNoGraceDoesNotWaitForIt() throws {
        try withCluster { cluster in
            let relay = try cluster.start("relay", ["SHUTDOWN_GRACE": "1h"])
            #expect(relay.terminate() == 0)
            #expect(!relay.output.contains("the grace is over"))
        }
    }
}
