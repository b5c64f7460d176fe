import Contracts
import Foundation
import TestSupport
import Testing

/// The failure table of the architecture, row by row, on a real broker and a real database: each shows its event and
/// its row in the ledger.
@Suite(.servers) struct EndingTests {
    struct Case: Sendable {
        let act: String
        let kind: EventKind
        let reason: String?
        let attempt: Int
        let effects: Int
    }

    /// The slowest first, so that they end together.
    private static let cases = [
        Case(act: "hang", kind: .dead, reason: "timed-out", attempt: 3, effects: 0),
        Case(act: "succeed", kind: .succeeded, reason: nil, attempt: 1, effects: 1),
        Case(act: "refuse", kind: .refused, reason: "told-to", attempt: 1, effects: 0),
        Case(act: "write-and-refuse", kind: .refused, reason: "told-to", attempt: 1, effects: 0),
        Case(act: "write-and-fail", kind: .failed, reason: "told-to", attempt: 1, effects: 0),
        Case(act: "transient", kind: .dead, reason: "told-to", attempt: 3, effects: 0),
        Case(act: "recover", kind: .succeeded, reason: nil, attempt: 3, effects: 1),
        Case(act: "bad-statement", kind: .dead, reason: "database-error", attempt: 3, effects: 0),
        Case(act: "die", kind: .dead, reason: "killed-the-worker", attempt: 1, effects: 0),
    ]

    @Test func anActEndsOnceWithItsReason() throws {
        try sideBySide(Self.cases) { try Self.run($0) }
    }

    private static func run(_ example: Case) throws {
        try withCluster { cluster in
            try cluster.prepareProbe()
            let log = try EventLog(cluster)
            let worker = Supervised(cluster, "ProbeWorker")
            defer { worker.stop() }
            try cluster.start("relay")
            let load = try Load(cluster)
            try load.publish(Cluster.probe, id: "job-1", body: Cluster.probe(example.act))
            try load.settle()

            let event = try log.outcome(of: "job-1", within: 90)
            #expect(event.kind == example.kind, "\(example.act)")
            #expect(event.attempt == example.attempt, "\(example.act)")
            if let reason = example.reason { #expect(try Reason(json: event.data).reason == reason) }
            #expect(try cluster.effects().rows == example.effects, "\(example.act)")
            try eventually("the books are closed") {
                let books = try Rest(cluster, commands: [Cluster.probe])
                return books.outbox == 0 && books.queued == 0 && books.schedule == 0
                    && books.endings == [String(example.kind.rawValue.prefix(1)): 1]
            }
        }
    }

    @Test func aKillerIsBuriedAndItsBatchMatesSucceed() throws {
        try withCluster { cluster in
            try cluster.prepareProbe()
            let log = try EventLog(cluster)
            let load = try Load(cluster)
            for number in 1...500 {
                let act = number == 250 ? "die" : "succeed"
                try load.publish(Cluster.probe, id: "job-\(number)", body: Cluster.probe(act))
            }
            try load.settle()
            let worker = Supervised(cluster, "ProbeWorker")
            defer { worker.stop() }
            try cluster.start("relay")

            try log.receive(within: 90) { $0.outcomes.count == 500 }
            #expect(log.summary == [.succeeded: 499, .dead: 1])
            #expect(log.outcomes["job-250"]?.kind == .dead)
            let effects = try cluster.effects()
            #expect(effects.rows == 499)
            #expect(effects.jobs == 499)
        }
    }

    @Test func theSameIdWithAnotherBodyFailsAndLeavesTheFirstAlone() throws {
        try withCluster { cluster in
            try cluster.prepareProbe()
            let log = try EventLog(cluster)
            try cluster.start("ProbeWorker")
            let load = try Load(cluster)
            try load.publish(Cluster.probe, id: "one", body: Cluster.probe("succeed"))
            try load.settle()
            try log.receive { $0.events.count == 1 }
            try load.publish(Cluster.probe, id: "one", body: Cluster.probe("succeed"))
            try load.publish(Cluster.probe, id: "one", body: Cluster.probe("succeed", lane: "another"))
            try load.settle()
            try log.receive { $0.events.count == 3 }

            let ids = Set(log.events.filter { $0.kind == .succeeded }.map(\.id))
            #expect(ids.count == 1)
            let failed = try #require(log.events.first { $0.kind == .failed })
            #expect(try Reason(json: failed.data).reason == "id-reused")
            #expect(try cluster.effects().rows == 1)
        }
    }
}
