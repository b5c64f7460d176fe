import AMQP
import Books
import Contracts
import Foundation
import Postgres
import Runtime
import TestSupport
import Testing

/// The checker is proven before it proves anything: it passes books that balance, and names what is falsified in them.
@Suite(.servers, .serialized, .booksScene) struct BooksTests {
    private var scene: BooksScene { get throws { try #require(BooksScene.current) } }

    @Test func booksThatHoldEverythingBalance() throws {
        let scene = try scene
        let report = try check(scene.checker(), of: scene)
        #expect(report.balances, "\(report)")
        #expect(report.counts.outcomes == [.succeeded: 12, .refused: 6, .failed: 6, .dead: 1, .cancelled: 1])
        #expect(report.counts.intended == report.counts.confirmed)
        #expect(report.counts.promises == 26)
        #expect(report.counts.effects == 12)
        #expect(report.counts.received >= report.counts.events)
    }

    @Test(arguments: Imbalance.Kind.allCases) func aFalsifiedBookIsNamedAndNothingElse(kind: Imbalance.Kind) throws {
        let scene = try scene
        let falsifier = try BooksFalsifier(scene)
        let database = try scene.cluster.database()
        defer { database.close() }
        let tx = database.begin()
        let subject = try falsifier.falsify(kind, in: tx)
        let report = try falsifier.checker.check(in: tx, falsifier.broker)
        tx.rollback()
        #expect(report.imbalances.map(\.kind) == [kind], "\(report)")
        #expect(report.imbalances.first?.total == 1, "\(report)")
        #expect(report.imbalances.first?.subjects.map(\.id) == [subject], "\(report)")
    }

    @Test func totalsAreWholeWhenFewAreNamed() throws {
        let scene = try scene
        var checker = scene.checker()
        checker.limit = 2
        checker.effects = [EffectSource(Cluster.probe, "SELECT NULL::uuid, 0 WHERE false")]
        let report = try check(checker, of: scene)
        #expect(report.imbalances.map(\.kind) == [.successWithoutEffect])
        #expect(report.imbalances[0].total == 12)
        #expect(report.imbalances[0].subjects.map(\.id) == ["again", "recover-0"])
        let json = try JSONSerialization.jsonObject(with: Data(report.json)) as? [String: Any]
        #expect(json?["balances"] as? Bool == false)
        #expect((json?["imbalances"] as? [[String: Any]])?.first?["total"] as? Int == 12)
    }

    @Test func whatIsNotPublishedYetOrRefusedIsNoPromise() throws {
        let scene = try scene
        let falsifier = try BooksFalsifier(scene)
        let ledger = try ProducerLedger(falsifier.ledger)
        let ghosts = ["one", "two"].map { Intention(Cluster.probe, id: $0, body: Cluster.probe("succeed")) }
        try ledger.refuse(ledger.intend(ghosts).suffix(1))
        #expect(try check(falsifier.checker, of: scene).balances)
    }

    @Test func whatWasBeforeIsLeftOut() throws {
        let scene = try scene
        var checker = scene.checker(ledger: scene.cluster.directory + "/none")
        checker.events = nil
        checker.effects = []
        #expect(try check(checker, of: scene).imbalances.map(\.kind) == [.strangerOutcome])
        checker.since = .now
        #expect(try check(checker, of: scene).balances)
    }

    @Test func theBrokerMayHangUpWhileTheBooksAreCompared() throws {
        let scene = try scene
        let cluster = scene.cluster
        let proxy = try TCPProxy(AMQPURI(parsing: cluster.environment["AMQP_URL"]!))
        defer { proxy.close() }
        // As a comparison that takes longer than two heartbeats.
        let slow = try cluster.database()
        defer { slow.close() }
        try slow.script("SELECT pg_advisory_lock(4711)")
        let report = SharedBox<Result<BooksReport, any Error>?>(nil)
        let checking = TestThread {
            let result = Result {
                var checker = scene.checker()
                checker.effects = [
                    EffectSource(
                        Cluster.probe,
                        """
                        SELECT job, count(*) FROM pg_advisory_xact_lock_shared(4711) AS slow, probe_effect GROUP BY job
                        """)
                ]
                let broker = try AMQP.Connection.open(proxy.uri, name: "checker")
                let database = try cluster.database()
                defer {
                    database.close()
                    broker.close()
                }
                return try checker.check(database, broker)
            }
            report.withLock { $0 = result }
        }
        try eventually("it compares") {
            try cluster.number("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted") == 1
        }
        proxy.cut()
        try eventually("the broker has hung up") { proxy.open == 0 }
        try slow.script("SELECT pg_advisory_unlock(4711)")
        checking.join()
        let found = try #require(report.withLock { $0 }).get()
        #expect(found.balances, "\(found)")
        #expect(found.counts.effects == 12)
    }

    @Test func whatIsOthersIsLeftOut() throws {
        let scene = try scene
        var checker = scene.checker()
        checker.tenants = [Topology.defaultTenant]
        // One command is another tenant's, with its promise, its event, its announcement and its effect.
        let report = try check(checker, of: scene)
        #expect(report.balances, "\(report)")
        #expect(report.counts.promises == 25)
        #expect(report.counts.effects == 11)
    }

    private func check(_ checker: Checker, of scene: BooksScene) throws -> BooksReport {
        let (database, broker) = (try scene.cluster.database(), try scene.cluster.broker("checker"))
        defer {
            database.close()
            broker.close()
        }
        return try checker.check(database, broker)
    }
}
