import AMQP
import Contracts
import Postgres
import Runtime
import TestSupport
import Testing

/// Events whose worker cannot publish them any more.
@Suite(.servers) struct RelayOutboxTests {
    @Test func whatAKilledWorkerOwesIsPublishedAndForgotten() throws {
        try withCluster { cluster in
            let log = try EventLog(cluster)
            for row in 0..<20 { try cluster.owe((0..<300).map { Cluster.event(row * 300 + $0) }) }
            try cluster.start("relay")
            try log.receive { $0.events.count == 6000 }
            #expect(log.outcomes.count == 6000)
            try eventually("the outbox is empty") { try cluster.number("SELECT count(*) FROM outbox") == 0 }
        }
    }

    @Test func aFullSubscriberStopsNobodyElse() throws {
        try withCluster { cluster in
            let broker = try cluster.broker()
            defer { broker.close() }
            let full = try broker.declareQueue(
                "subscriber.full", durable: true, exclusive: false, autoDelete: false,
                arguments: ["x-max-length": 1, "x-overflow": "reject-publish"])
            try broker.bind(queue: full.name, exchange: Topology.eventExchange, routingKey: "probe.refused")
            let log = try EventLog(cluster, binding: "probe.succeeded")
            try cluster.owe((0..<100).map { Cluster.event($0, $0.isMultiple(of: 2) ? .succeeded : .refused) })
            try cluster.start("relay", ["RELAY_ALARM_AFTER": "2"])
            try cluster.owe((100..<200).map { Cluster.event($0) })

            try log.receive { $0.outcomes.count == 150 }
            try eventually("the row keeps only what is refused") {
                try cluster.number("SELECT coalesce(max(cardinality(keys)), 0) FROM outbox WHERE tries > 0") < 50
                    && cluster.number("SELECT count(*) FROM outbox") == 1
            }
            #expect(try cluster.number("SELECT count(*) FROM outbox WHERE note LIKE 'probe.refused: %'") == 1)

            try broker.deleteQueue(full.name)
            try eventually("the row is done") { try cluster.number("SELECT count(*) FROM outbox") == 0 }
            #expect(Set(log.events.map(\.subject)).count == log.events.count)
        }
    }

    @Test func anEventWhoseDayIsDroppedIsNotWaitedFor() throws {
        try withCluster { cluster in
            let log = try EventLog(cluster)
            try cluster.owe([Cluster.event(1), Cluster.event(2)])
            let database = try cluster.database()
            defer { database.close() }
            try database.execute("DELETE FROM event WHERE key = \(Cluster.event(1).id)")
            try cluster.start("relay")
            try log.receive { $0.events.count == 1 }
            #expect(log.events.map(\.subject) == ["job-2"])
            try eventually("the outbox is empty") { try cluster.number("SELECT count(*) FROM outbox") == 0 }
        }
    }

    @Test func killedBeforeItForgetsTheRelayAnnouncesTheSameEventAgain() throws {
        try withCluster { cluster in
            let log = try EventLog(cluster)
            try cluster.owe([Cluster.event(1)])
            let gate = try cluster.blockingDeletes(of: "outbox")
            let relay = try cluster.start("relay")
            try log.receive { $0.events.count == 1 }
            try eventually("the relay is about to forget") { try cluster.someoneWaitsAtTheGate() }
            relay.kill()
            try cluster.endSessionsAtTheGate()
            gate.close()
            // Until its claim is over the row is the dead relay's: waited for wherever relays are killed at random.
            let claimed: Int = try cluster.number(
                """
                WITH due AS (UPDATE outbox SET due_at = now() WHERE due_at > now() RETURNING 1)
                SELECT count(*) FROM due
                """)
            #expect(claimed == 1)
            try cluster.start("relay")
            try log.receive { $0.events.count == 2 }
            #expect(log.events[0].id == log.events[1].id)
            try eventually("the outbox is empty") { try cluster.number("SELECT count(*) FROM outbox") == 0 }
        }
    }

    @Test func itSurvivesTheLossOfItsDatabaseConnections() throws {
        try withCluster { cluster in
            let log = try EventLog(cluster)
            try cluster.owe([Cluster.event(1)])
            let relay = try cluster.start("relay")
            try log.receive { $0.events.count == 1 }
            #expect(
                try cluster.number(
                    """
                    SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
                    WHERE datname = current_database() AND pid <> pg_backend_pid()
                    """) > 0)
            try cluster.owe([Cluster.event(2)])
            try log.receive { $0.outcomes.count == 2 }
            #expect(relay.isRunning)
            #expect(relay.terminate() == 0)
        }
    }
}
