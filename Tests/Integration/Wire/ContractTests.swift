import AMQP
import Contracts
import Foundation
import Runtime
import TestSupport
import Testing

/// What the wire contract promises a producer, message by message: the event, the row in the ledger, the effect.
@Suite(.servers) struct ContractTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        var id: String? = "job-1"
        var body = Cluster.probe("succeed")
        var change: @Sendable (inout Properties) -> Void = { _ in }
        let kind: EventKind
        let reason: String
        var testDescription: String { name }
    }

    @Test(arguments: [
        Case(
            name: "past its time", change: { $0.headers["expiresAt"] = "2020-01-01T00:00:00Z" }, kind: .refused,
            reason: "expired"),
        Case(
            name: "a turn without a row", change: { $0.headers["ruche-turn"] = 1 }, kind: .refused,
            reason: "past-horizon"),
        Case(name: "no id", id: nil, kind: .failed, reason: "id-missing"),
        Case(name: "U+0000 in the id", id: "a\u{0}b", kind: .failed, reason: "id-invalid"),
        Case(
            name: "more than a MiB", body: Array(repeating: UInt8(ascii: " "), count: 1_048_577), kind: .failed,
            reason: "too-large"),
        Case(
            name: "another content type", change: { $0.contentType = "text/xml" }, kind: .failed,
            reason: "unsupported-content-type"),
        Case(
            name: "U+0000 in a text", body: Array(#"{"act":"succeed","lane":"\u0000"}"#.utf8), kind: .failed,
            reason: "nul-character"),
    ])
    func aMessageThatCannotBeTakenEndsWithItsReasonAndWithoutEffect(example: Case) throws {
        try withCluster { cluster in
            try cluster.prepareProbe()
            let log = try EventLog(cluster)
            try cluster.start("ProbeWorker")
            let load = try Load(cluster)
            try load.publish(Cluster.probe, id: example.id, body: example.body, change: example.change)
            try load.settle()
            try log.receive { !$0.outcomes.isEmpty }

            let event = try #require(log.events.first)
            #expect(event.kind == example.kind)
            #expect(try Reason(json: event.data).reason == example.reason)
            #expect(try cluster.effects().rows == 0)
            let database = try cluster.database()
            defer { database.close() }
            let jobs = try database.query("SELECT state::text, reason, payload FROM job")
            #expect(jobs.count == 1)
            #expect(try jobs.get(0, 0) == String(example.kind.rawValue.prefix(1)))
            #expect(try jobs.get(0, 1) == example.reason)
            let payload: Bytes = try jobs.get(0, 2)
            #expect(try cluster.keys.open(payload.array, context: SealContext.job) == example.body, "kept as it came")
        }
    }

    @Test func aNewerVersionIsParkedAgainAndAgainAndNeverFails() throws {
        try withCluster { cluster in
            try cluster.prepareProbe()
            let log = try EventLog(cluster)
            try cluster.start("ProbeWorker")
            try cluster.start("relay")
            let load = try Load(cluster)
            try load.publish(Cluster.probe, id: "job-1", body: Array(#"{"new":true}"#.utf8)) { $0.type = "probe.v9" }
            try load.settle()
            let database = try cluster.database()
            defer { database.close() }
            for passage in 1...3 {
                try log.receive { $0.events.count >= passage }
                #expect(try database.query("SELECT version, turn FROM schedule").get(0, 0) == 9)
                // An operator who has deployed the new worker does not wait for the hour to come.
                try database.execute("UPDATE schedule SET due_at = now()")
            }

            #expect(log.events.allSatisfy { $0.kind == .parked && $0.attempt == 0 })
            #expect(try Reason(json: log.events[0].data).reason == "unknown-kind")
            #expect(Set(log.events.map(\.id)).count == log.events.count)
            #expect(try cluster.effects().rows == 0)
        }
    }

    @Test func aProducerThatTriesAgainGetsTheStoredOutcomeOnItsOwnQueue() throws {
        try withCluster { cluster in
            try cluster.prepareProbe()
            try cluster.start("ProbeWorker")
            let broker = try cluster.broker()
            defer { broker.close() }
            let load = try Load(cluster)
            var answers: [[UInt8]] = []
            for queue in ["reply.first", "reply.second"] {
                _ = try broker.declareQueue(queue, durable: false, exclusive: true, autoDelete: true, arguments: [:])
                _ = try broker.consume(queue, noAck: true)
                try load.publish(Cluster.probe, id: "job-1", body: Cluster.probe("succeed")) {
                    $0.replyTo = queue
                    $0.correlationID = queue
                }
                try load.settle()
                let answer = try #require(try broker.receive(within: .seconds(30)))
                #expect(answer.routingKey == queue)
                #expect(answer.properties.correlationID == queue)
                answers.append(answer.body)
            }
            #expect(answers[0] == answers[1])
            #expect(try CompletionEvent(parsing: answers[0]).kind == .succeeded)
            #expect(try cluster.effects().rows == 1)
        }
    }

    @Test func aDeadCommandThatIsReplayedKeepsItsIdAndSucceedsOnceItsCauseIsGone() throws {
        try withCluster { cluster in
            try cluster.prepareProbe()
            let database = try cluster.database()
            defer { database.close() }
            try database.script("ALTER TABLE probe_effect RENAME TO missing")
            let log = try EventLog(cluster)
            try cluster.start("ProbeWorker")
            try cluster.start("relay")
            let load = try Load(cluster)
            try load.publish(Cluster.probe, id: "job-1", body: Cluster.probe("succeed"))
            try load.settle()
            let dead = try log.outcome(of: "job-1")
            #expect(dead.kind == .dead)
            #expect(dead.attempt == 3)
            let listed = try cluster.run("ruche", ["dead", "list", "--command", "probe", "--output", "jsonl"])
            #expect(listed.output.contains(#""id":"job-1""#), "\(listed.errors)\(listed.output)")

            try database.script("ALTER TABLE missing RENAME TO probe_effect")
            let replay = ["dead", "replay", "job-1", "--command", "probe", "--reason", "the table is back"]
            let replayed = try cluster.run("ruche", replay)
            #expect(replayed.status == 0, "\(replayed.errors)")
            try log.receive { $0.events.contains { $0.kind == .succeeded } }
            let event = try #require(log.events.last)
            #expect(event.subject == "job-1")
            #expect(event.attempt == 1)
            #expect(event.sequence > dead.sequence)
            #expect(try cluster.effects().rows == 1)
            #expect(try cluster.run("ruche", replay).status == 7, "what has succeeded is not replayed")
        }
    }

    @Test func theExitCodeSaysHowItWent() throws {
        try withCluster { cluster in
            try cluster.addServers(1)
            func exit(_ words: String...) throws -> Int32 { try cluster.run("ruche", ["enqueue"] + words).status }
            #expect(try exit("lease-ip", "--set", "holder=web-0", "--wait", "--timeout", "300ms") == 124)
            #expect(try exit("lease-ip", "--no-such-option") == 2)
            #expect(try exit("lease-pi", "--set", "holder=web-1") == 3)
            #expect(try exit("lease-ip", "--set", "holder=") == 6)
            try cluster.start("lease-ip")
            // The one that nobody waited for takes the only address: not of necessity before one that comes meanwhile.
            try eventually("the address is lent") { try cluster.number("SELECT count(*) FROM lease") == 1 }
            #expect(try exit("lease-ip", "--set", "holder=web-1", "--wait") == 5)
            #expect(try exit("lease-ip", "--set", "holder=web-2") == 0)
        }
    }

    @Test func twoMigrationsAtOnceBothSucceed() throws {
        try withCluster { cluster in
            let database = try cluster.database()
            defer { database.close() }
            try database.script("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
            let results = SharedBox<[FinishedProcess]>([])
            let threads = (1...2).map { _ in
                TestThread {
                    guard let result = try? cluster.run("ruche", ["migrate"]) else { return }
                    results.withLock { $0.append(result) }
                }
            }
            threads.forEach { $0.join() }
            let finished = results.withLock { $0 }
            #expect(finished.map(\.status) == [0, 0], "\(finished.map(\.errors))")
            for name in ["V0001", "V0002"] {
                let times = finished.filter { $0.output.contains("applied \(name)") }.count
                #expect(times == 1, "\(name) was applied \(times) times")
            }
            #expect(try cluster.run("ruche", ["migrate"]).output.contains("up to date"))
        }
    }
}
