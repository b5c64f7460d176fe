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

    private func check(_ checker: Checker, of scene: BooksScene) throws -> BooksReport {
        let (database, broker) = (try scene.cluster.database(), try scene.cluster.broker("checker"))
        defer {
            database.close()
            broker.close()
        }
        return try checker.check(database, broker)
    }
}
