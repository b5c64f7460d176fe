import Contracts
import TestSupport
import Testing

/// The promise under load, on real servers, with the shipped executables.
@Suite(.servers) struct SpineTests {
    /// What the nemesis does, and when, is drawn.
    @Test(.serialized, arguments: TestServers.rounds)
    func everyConfirmedCommandHasOneOutcomeWhateverIsKilled(round: Int) throws {
        try withCluster { cluster in
            let seed = TestServers.seed(of: "spine")
            var random = SeededRandom(seed: seed)
            let kills = TestServers.isFull ? 60 : 12
            let wave = 500
            let commands = kills * wave
            try cluster.prepareProbe()
            let log = try EventLog(cluster)
            let settings = ["PREFETCH": "200", "PROBE_CAP": "none"]
            let workers = (1...2).map { _ in Supervised(cluster, "ProbeWorker", settings) }
            let relay = Supervised(cluster, "relay")
            defer { (workers + [relay]).forEach { $0.stop() } }
            let load = try Load(cluster)
            for kill in 0..<kills {
                // A subscriber that reads nothing for a minute is cut off.
                let ended = try Rest(cluster, commands: []).endings.filter { ["s", "r"].contains($0.key) }
                try log.receive { $0.outcomes.count + wave >= ended.values.reduce(0, +) }
                let start = try cluster.effects().rows
                for number in (kill * wave)..<((kill + 1) * wave) {
                    let act = ["slow", "slow", "slow", "refuse", "recover", "write-and-refuse"][random.next(below: 6)]
                    let body = Cluster.probe(act, lane: "\(number % 400)", milliseconds: 4)
                    try load.publish(Cluster.probe, id: "job-\(number)", body: body)
                }
                try load.settle()
                // In the middle of the work, so that what is killed has something in hand. The first is a worker.
                let progress = start + 10 + random.next(below: 60)
                try eventually("\(progress) commands are done, seed \(seed)") {
                    try cluster.effects().rows >= progress
                }
                (workers + [relay])[kill == 0 ? 0 : random.next(below: 3)].kill()
            }
            #expect(load.confirmed.count == commands)
            try log.receive(within: 120) { $0.outcomes.count == commands }

            // One outcome each: never two events with different ids that both end a command.
            let finals = Dictionary(grouping: log.events.filter(\.kind.isFinal), by: \.subject)
            #expect(finals.values.allSatisfy { Set($0.map(\.id)).count == 1 }, "seed \(seed)")
            let succeeded = log.summary[.succeeded] ?? 0
            let effects = try cluster.effects()
            #expect(effects.rows == succeeded, "seed \(seed)")
            #expect(effects.jobs == succeeded, "seed \(seed)")
            try eventually("the books are closed, seed \(seed)", within: 90) {
                let books = try Rest(cluster, commands: [Cluster.probe])
                return books.outbox == 0 && books.queued == 0 && books.schedule == 0
                    && books.endings.values.reduce(0, +) == commands
            }
            #expect(workers.map(\.starts).reduce(relay.starts, +) > 3, "seed \(seed)")
            try eventually("the broker has counted what it delivered again, seed \(seed)", within: 30) {
                try cluster.redeliveries(Cluster.probe) > 0
            }
        }
    }

    @Test(arguments: ["trace", "error"])
    func howMuchIsLoggedChangesNothing(level: String) throws {
        try withCluster { cluster in
            try cluster.prepareProbe()
            let log = try EventLog(cluster)
            let worker = try cluster.launch("ProbeWorker", ["LOG_LEVEL": level])
            let load = try Load(cluster)
            try load.publish(Cluster.probe, id: "one", body: Cluster.probe("succeed"))
            try load.settle()
            #expect(try log.outcome(of: "one").kind == .succeeded)
            #expect(worker.isRunning)
            #expect(worker.terminate() == 0)
        }
    }

    @Test func malformedMessagesFailWithTheirReasonAndSpoilNothing() throws {
        try withCluster { cluster in
            let each = 5000
            try cluster.prepareProbe()
            let log = try EventLog(cluster)
            try cluster.start("ProbeWorker")
            // The code and, where one place is at fault, its JSON Pointer.
            let faults: [(body: [UInt8], reason: String)] = [
                (Array("{".utf8), "malformed"), (Array("[]".utf8), "wrong-type"),
                (Array("{}".utf8), "missing-field /act"), (Array(#"{"act":"no"}"#.utf8), "invalid-value /act"),
                (Array(#"{"act":1}"#.utf8), "wrong-type /act"),
                (Array(#"{"act":"succeed","lane":"\u0000"}"#.utf8), "nul-character /lane"),
                (Array(#"{"act":"succeed","milliseconds":-1}"#.utf8), "out-of-range /milliseconds"),
                (Array(#"{"act":""#.utf8) + [0xFF] + Array(#""}"#.utf8), "invalid-utf8 /act"),
            ]
            let load = try Load(cluster)
            var expected: [String: String] = [:]
            for number in 0..<each {
                try load.publish(Cluster.probe, id: "good-\(number)", body: Cluster.probe("succeed"))
                let fault = faults[number % faults.count]
                expected["bad-\(number)"] = fault.reason
                try load.publish(Cluster.probe, id: "bad-\(number)", body: fault.body)
            }
            try load.settle()
            try log.receive(within: 120) { $0.outcomes.count == 2 * each }

            #expect(log.summary == [.succeeded: each, .failed: each])
            let reasons = try log.outcomes.filter { $0.value.kind == .failed }.mapValues {
                let reason = try Reason(json: $0.data)
                return [reason.reason, reason.pointer ?? ""].filter { !$0.isEmpty }.joined(separator: " ")
            }
            #expect(reasons == expected)
            #expect(try cluster.effects().rows == each)
        }
    }
}
