import AMQP
import Books
import Contracts
import Foundation
import Postgres
import Runtime
import TestSupport
import Testing

/// What comparing the books costs. The cluster's rows are made up by SQL, in a transaction that is rolled back.
@Suite(.servers) struct BooksScaleTests {
    @Test func manyCommandsAreComparedInConstantMemory() throws {
        let count = TestServers.isFull ? 1_000_000 : 5000
        try withCluster { cluster in
            try cluster.prepareProbe()
            var checker = Checker([Cluster.probe])
            checker.ledgers = [cluster.directory + "/ledger"]
            checker.effects = [.probe]
            try intend(count, checker.ledgers[0])
            let database = try cluster.database()
            defer { database.close() }
            let tx = database.begin()
            try tx.script(Self.rows(count))
            // Making a million rows takes longer than the broker waits for a word.
            let broker = try cluster.broker()
            defer { broker.close() }
            let before = try Self.residentKiB()
            let began = ContinuousClock.now
            let report = try checker.check(in: tx, broker)
            let took = ContinuousClock.now - began
            let more = try Self.residentKiB() - before
            tx.rollback()
            print("books: \(count) commands compared in \(took), \(more) KiB more")
            #expect(report.balances, "\(report)")
            #expect(report.counts.promises == count && report.counts.effects == count)
            // Nothing is kept of a command: these are buffers.
            #expect(more < 32 * 1024)
        }
    }

    private static let body = Cluster.probe("succeed")

    private func intend(_ count: Int, _ path: String) throws {
        let ledger = try ProducerLedger(path)
        for start in stride(from: 0, to: count, by: 5000) {
            let numbers = start..<min(start + 5000, count)
            let intentions = numbers.map { Intention(Cluster.probe, id: "job-\($0)", body: Self.body) }
            try ledger.confirm(ledger.intend(intentions))
        }
    }

    /// What workers would have left of so many commands.
    private static func rows(_ count: Int) -> String {
        """
        CREATE TEMP TABLE made ON COMMIT DROP AS
        SELECT 'job-' || n AS id, gen_random_uuid() AS key, gen_random_uuid() AS event
        FROM generate_series(0, \(count - 1)) AS n;
        INSERT INTO job_key (key, day, state, turn, attempt, sequence, body_hash)
        SELECT key, current_date, 's', 0, 1, 1, sha256('\(String(decoding: body, as: UTF8.self))') FROM made;
        INSERT INTO job (day, key, id, command, tenant, state, attempt, finished_at, worker)
        SELECT current_date, key, id, 'probe', 'default', 's', 1, now(), 'made up' FROM made;
        INSERT INTO event (day, key, sequence, type, body)
        SELECT current_date, key, 1, 'ruche.probe.succeeded.v1', convert_to(format(
            '{"specversion":"1.0","id":"%s","source":"/ruche/probe","type":"ruche.probe.succeeded.v1","subject":"%s",'
            || '"time":"2026-01-01T00:00:00.000Z","attempt":1,"sequence":1,"tenant":"default","data":{"attempt":1}}',
            event, id), 'UTF8') FROM made;
        INSERT INTO probe_effect (job) SELECT key FROM made
        """
    }

    private static func residentKiB() throws -> Int {
        let words = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8).split(separator: " ")
        return Int(words[1])! * 4
    }
}
