import AMQP
import Books
import Contracts
import Foundation
import Postgres
import Runtime
import TestSupport
import Testing

/// A cluster at rest whose books hold everything that can be in them: every outcome, retries, replays, a command that
/// was cancelled and retried, duplicates, an id with several bodies, and messages that are at fault.
///
/// Nothing runs any more, so whoever falsifies a book is alone with it.
struct BooksScene: Sendable {
    let cluster: Cluster
    let ledger: String
    let events: EventBook

    @TaskLocal static var current: BooksScene?

    static func make(_ cluster: Cluster) throws -> BooksScene {
        let events = EventBook(
            queue: "books.events", commands: [Cluster.probe], path: cluster.directory + "/events.jsonl")
        let scene = BooksScene(cluster: cluster, ledger: cluster.directory + "/ledger.jsonl", events: events)
        try cluster.prepareProbe()
        let broker = try cluster.broker("scene")
        defer { broker.close() }
        try events.declare(on: broker)
        try scene.play()
        try events.collect(from: broker)
        return scene
    }

    private func play() throws {
        let load = try Load(cluster, ledger: try ProducerLedger(ledger))
        func publish(
            _ id: String?, _ act: String, _ endings: Set<Outcome>, body: [UInt8]? = nil,
            change: (inout Properties) -> Void = { _ in }
        ) throws {
            let body = body ?? Cluster.probe(act, lane: id ?? "")
            try load.publish(Cluster.probe, id: id, body: body, endings: endings, change: change)
        }
        try publish("ahead", "succeed", [.cancelled])
        try load.settle()
        try ruche("jobs", "cancel", "ahead", "--command", "probe")
        let workers = try (0..<2).map { _ in try cluster.start("ProbeWorker") }
        // Nobody moves the schedule yet, so its retry can be cancelled.
        try publish("again", "recover", [.succeeded])
        try load.settle()
        try eventually("its retry is scheduled") { try cluster.number("SELECT count(*) FROM schedule") == 1 }
        try ruche("jobs", "cancel", "again", "--command", "probe")
        try ruche("jobs", "retry", "again", "--command", "probe")

        let relay = try cluster.start("relay")
        for number in 0..<5 {
            try publish("succeed-\(number)", "succeed", [.succeeded])
            try publish("refuse-\(number)", "refuse", [.refused])
            try publish("recover-\(number)", "recover", [.succeeded])
        }
        for _ in 0..<3 { try publish("succeed-0", "succeed", [.succeeded]) }
        try publish("fail", "write-and-fail", [.failed])
        try publish("dead", "transient", [.dead])
        try load.settle()
        try eventually("the first body is done") {
            try has("SELECT count(*) FROM job WHERE id = 'succeed-1' AND state = 's'")
        }
        for lane in ["b", "c", "c"] {
            try publish("succeed-1", "", [.succeeded, .failed], body: Cluster.probe("succeed", lane: lane))
        }
        try publish("malformed", "", [.failed], body: Array("{".utf8))
        try publish("late", "succeed", [.refused]) {
            $0.headers[Topology.expiresAtHeader] = .string("2020-01-01T00:00:00Z")
        }
        for _ in 0..<2 { try publish(nil, "succeed", [.failed]) }
        try publish("whose", "succeed", [.failed]) { $0.headers[Topology.tenantHeader] = .bool(true) }
        try publish("theirs", "succeed", [.succeeded]) { $0.headers[Topology.tenantHeader] = .string("theirs") }
        try load.settle()
        for _ in 0..<2 {
            try eventually("the command dies") { try has("SELECT count(*) FROM job WHERE id = 'dead' AND state = 'd'") }
            try ruche("dead", "replay", "dead", "--command", "probe")
        }
        try eventually("all is done") {
            let rest = try Rest(cluster, commands: [Cluster.probe])
            return rest.outbox == 0 && rest.schedule == 0 && rest.queued == 0
                && rest.endings.keys.allSatisfy {
                    "srfdc".contains($0)
                }
        }
        for process in workers + [relay] { #expect(process.terminate() == 0) }
    }

    /// A checker of this scene, with books of its own where it is told so.
    func checker(ledger: String? = nil, events: EventBook? = nil) -> Checker {
        var checker = Checker([Cluster.probe])
        checker.ledgers = [ledger ?? self.ledger]
        checker.events = events ?? self.events
        checker.effects = [.probe]
        return checker
    }

    private func has(_ sql: SQL) throws -> Bool { try cluster.number(sql) == 1 }

    private func ruche(_ words: String...) throws {
        let result = try cluster.run("ruche", words + ["--reason", "the books"])
        guard result.status == 0 else { throw TestFailure("\(words): \(result.errors)") }
    }
}

/// Gives a suite one scene, made before its first test and removed after its last.
struct BooksSceneTrait: SuiteTrait, TestScoping {
    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable @concurrent () async throws -> Void
    ) async throws {
        try await withCluster { cluster in
            try await BooksScene.$current.withValue(try BooksScene.make(cluster)) { try await function() }
        }
    }
}

extension Trait where Self == BooksSceneTrait {
    /// One ``BooksScene`` for all tests of the suite.
    static var booksScene: Self { Self() }
}
