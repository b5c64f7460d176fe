import AMQP
import Contracts
import Depth
import Postgres
import TestSupport
import Testing

/// The one reader of queue depth, on a real broker and a real ledger.
@Suite(.servers) struct DepthTests {
    @Test func aQueueIsFollowedFromFullToEmpty() throws {
        try withCluster { cluster in
            let broker = try cluster.broker("depth")
            defer { broker.close() }
            let database = try cluster.database()
            defer { database.close() }
            let reader = DepthReader([LeaseIP.name])
            let load = try Load(cluster)
            for number in 0..<30 { try Self.lease("job-\(number)", load) }
            try load.settle()

            let first = try #require(try reader.look(broker: broker, database: database).queues.first)
            #expect(first.ready == 30 && first.unacked == nil && first.consumers == 0 && first.backlog == 30)
            #expect(first.oldestAge == nil, "nothing was admitted, and nobody has looked before")
            #expect(first.timeToDrain == nil && first.finishedPerSecond == 0 && first.wait == nil)
            let second = try #require(try reader.look(broker: broker, database: database).queues.first)
            #expect(second.oldestAge.map { $0 > .zero } ?? false, "since the first look")

            let log = try EventLog(cluster)
            let worker = try cluster.start("lease-ip")
            try log.receive { $0.outcomes.count == 30 }
            worker.terminate()
            let third = try #require(try reader.look(broker: broker, database: database).queues.first)
            #expect(third.ready == 0 && third.oldestAge == .zero && third.timeToDrain == .zero)
            #expect(third.admittedPerSecond == 0.5 && third.finishedPerSecond == 0.5)
            #expect(third.wait.map { $0 > .zero } ?? false)

            // What was admitted last bounds the age, also for a reader that has just begun.
            try Self.lease("one-more", load)
            try load.settle()
            let fourth = try DepthReader([LeaseIP.name]).look(broker: broker, database: database).queues.first
            #expect(fourth?.ready == 1 && fourth?.oldestAge != nil)
            #expect(fourth?.timeToDrain == .seconds(2))
        }
    }

    /// Publishes a command that says when it was sent.
    private static func lease(_ id: String, _ load: Load) throws {
        try load.publish(LeaseIP.name, id: id, body: LeaseIP(holder: "h").json()) {
            $0.timestamp = UInt64(Timestamp.now.microseconds / 1_000_000)
        }
    }

    @Test func whatFinishesLongAfterItsAdmissionCounts() throws {
        try withCluster { cluster in
            let database = try cluster.database()
            defer { database.close() }
            try database.script(
                """
                INSERT INTO job (day, key, id, command, tenant, state, attempt, enqueued_at, admitted_at, worker)
                SELECT current_date, gen_random_uuid(), i::text, 'lease-ip', 'default', 'd', 5, NULL,
                    now() - interval '2 minutes', 'w' FROM generate_series(1, 6) AS i;
                UPDATE job SET handled_at = now() WHERE id = '6';
                INSERT INTO event (day, key, sequence, type, body)
                SELECT day, key, 5, 'ruche.lease-ip.dead.v1', '' FROM job;
                INSERT INTO event (day, key, sequence, type, body)
                SELECT day, key, 4, 'ruche.lease-ip.retrying.v1', '' FROM job;
                INSERT INTO schedule (subject, due_at, command, tenant, message_id, payload, cause)
                SELECT gen_random_uuid(), now() + i * interval '1 minute', 'lease-ip', 'default', '', '', ''
                FROM generate_series(-1, 3) AS i;
                """)
            let cluster = try DepthReader([LeaseIP.name, RenewLease.name]).look(database: database)
            let lease = try #require(cluster.queues.first)
            #expect(lease.finishedPerSecond == 0.1 && lease.admittedPerSecond == 0, "ends count, attempts do not")
            #expect(lease.dead == 5, "the sixth was dealt with")
            #expect(lease.scheduled == 5 && cluster.scheduled == 5)
            #expect(cluster.scheduleDue == 2 && cluster.scheduleOverdue == 1)
            #expect(cluster.scheduleLag >= .seconds(60) && cluster.scheduleLag < .seconds(120))
            #expect(lease.ready == nil && lease.oldestAge == nil && cluster.deadLetters == nil, "nobody was asked")
            #expect(cluster.queues.last?.dead == 0 && cluster.queues.last?.scheduled == 0)
        }
    }

    @Test func whatIsMissingIsNil() throws {
        try withCluster { cluster in
            let broker = try cluster.broker("depth")
            defer { broker.close() }
            let database = try cluster.database()
            defer { database.close() }
            let uri = try AMQPURI(parsing: cluster.environment["AMQP_URL"]!)
            let nowhere = try Management("http://guest:guest@127.0.0.1:1", broker: uri)
            let reader = DepthReader(["unheard-of", LeaseIP.name], management: nowhere)
            let seen = try reader.look(broker: broker, database: database)
            #expect(seen.queues[0].ready == nil && seen.queues[0].consumers == nil)
            #expect(seen.queues[1].ready == 0 && seen.queues[1].unacked == nil)
            #expect(seen.managementError?.code == .management && seen.managementError?.isTransient == true)
            #expect(seen.deadLetters == 0 && seen.strays == 0 && seen.outbox == 0)

            let there = try Management(cluster.servers.managementURL, broker: uri)
            let asked = try DepthReader([LeaseIP.name], management: there).look(broker: broker, database: database)
            #expect(asked.queues[0].unacked == 0 && asked.managementError == nil)
        }
    }
}
