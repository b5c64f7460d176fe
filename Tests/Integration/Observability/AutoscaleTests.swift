import Contracts
import Foundation
import TestSupport
import Testing

/// `ruche autoscale` with a real broker and database, and real workers that its hook starts and stops.
@Suite(.servers) struct AutoscaleTests {
    /// What a decision says.
    private struct Line: Decodable {
        let time: String
        let action: String
        let replicas: Int?
        let count: Int
        let ground: String
        let reason: String
        let backlog: Int?
        let consuming: Int?
        let error: String?

        func seconds(since start: Date) throws -> Double {
            try Date(time, strategy: Date.ISO8601FormatStyle(includingFractionalSeconds: true))
                .timeIntervalSince(start)
        }
    }

    private static func lines(of process: RunningProcess) throws -> [Line] {
        try process.output.split(separator: "\n").filter { $0.hasPrefix("{") && $0.hasSuffix("}") }
            .map { try JSONDecoder().decode(Line.self, from: Data($0.utf8)) }
    }

    private static func autoscale(
        _ cluster: Cluster, _ crew: ScaleCrew, _ changes: [String: String] = [:], more: [String] = []
    ) throws -> RunningProcess {
        try cluster.launch(
            "ruche", changes,
            arguments: [
                "autoscale", "lease-ip=1:4", "--actuator", "exec", "--exec", crew.hook, "--every", "500ms", "-o",
                "jsonl",
            ] + more)
    }

    @Test func replicasRiseWithARealBacklogAndFallWhenItIsDone() throws {
        try withCluster { cluster in
            let log = try EventLog(cluster, binding: "lease-ip.*")
            // Each command is a batch of its own, and its way to the database and back takes a while.
            let proxy = try TCPProxy(url: cluster.environment["DATABASE_URL"]!)
            proxy.inflict(.delayed(milliseconds: 10))
            defer { proxy.close() }
            let slow = [
                "DATABASE_URL": try proxy.url(cluster.environment["DATABASE_URL"]!), "PREFETCH": "1",
                "CONCURRENCY": "1",
            ]
            let crew = try ScaleCrew(cluster, "lease-ip", slow)
            let autoscale = try Self.autoscale(
                cluster, crew, more: ["--target", "2s", "--stabilisation", "2s"])
            try autoscale.waitForLine(containing: #""consuming":1"#)
            let load = try Load(cluster)
            let start = Date.now
            let count = 200
            for number in 0..<count { try load.publish(LeaseIP(holder: "h"), id: "burst-\(number)") }
            try load.settle()

            try log.receive { $0.outcomes.count == count }
            try eventually("the replicas have fallen back") {
                try Self.lines(of: autoscale).contains { $0.action == "down" && $0.count == 1 }
            }
            #expect(crew.count == 1)
            #expect(autoscale.terminate() == 143)
            let lines = try Self.lines(of: autoscale)
            // The promise of the issue: more work within fifteen seconds of the backlog.
            let risen = try #require(lines.first { $0.consuming ?? 0 > 1 && $0.backlog ?? 0 > 0 })
            #expect(try risen.seconds(since: start) < 15)
            #expect(lines.map(\.count).max() == 4)
            #expect(lines.allSatisfy { $0.error == nil && $0.action != "hold" })
            // Up, down, and nothing between the two: it does not flap.
            let changes = lines.filter { $0.action != "steady" }
            let firstDown = try #require(changes.firstIndex { $0.action == "down" }, "\(autoscale.output)")
            #expect(changes[firstDown...].allSatisfy { $0.action == "down" && $0.backlog == 0 })
            #expect(changes.last?.count == 1)
            #expect(crew.stop().allSatisfy { $0 == 0 }, "everyone who was stopped ended in order")
            let rest = try Rest(cluster, commands: [LeaseIP.name])
            #expect(rest.endings == ["r": count] && rest.queued == 0, "every command has one outcome")
        }
    }

    @Test func oneDecidesTheOtherTakesOverAndNothingIsDoneBlind() throws {
        try withCluster { cluster in
            let crew = try ScaleCrew(cluster, "lease-ip")
            let proxy = try TCPProxy(url: cluster.environment["DATABASE_URL"]!)
            defer { proxy.close() }
            let url = try proxy.url(cluster.environment["DATABASE_URL"]!)
            let first = try Self.autoscale(cluster, crew, ["DATABASE_URL": url, "RUCHE_ACTOR": "ada"])
            try first.waitForLine(containing: #""consuming":1"#)
            let second = try Self.autoscale(cluster, crew, ["RUCHE_ACTOR": "bob"])
            try second.waitForLine(containing: "another one decides: ruche autoscale, ada@")

            // Without the database nothing is known, and nothing is done; the lock is free for another.
            proxy.inflict(.refusing)
            proxy.cut()
            try first.waitForLine(containing: #""action":"hold""#)
            try first.waitForLine(containing: #""ground":"unknown","reason":"database: "#)
            try second.waitForLine(containing: #""action":"steady""#)
            proxy.heal()
            try first.waitForLine(containing: "another one decides: ruche autoscale, bob@")
            second.kill()
            let before = try Self.lines(of: first).count
            try eventually("the first decides again") {
                try Self.lines(of: first).dropFirst(before).contains { $0.action == "steady" }
            }
            let dry = try cluster.run("ruche", ["autoscale", "lease-ip=1:4", "ingest-logs=0:2", "--once"])
            #expect(dry.status == 0, "who changes nothing is in nobody's way: \(dry.errors)")
            #expect(crew.count == 1)
            _ = crew.stop()
        }
    }

    @Test func aPausedServiceIsLeftAsItIs() throws {
        try withCluster { cluster in
            for command in ["lease-ip", "renew-lease", "release-ip", "expire-lease"] {
                let paused = try cluster.run("ruche", ["queues", "pause", command, "--reason", "test"])
                #expect(paused.status == 0)
            }
            let run = try cluster.run("ruche", ["autoscale", "lease-ip=1:4", "--once", "-o", "jsonl"])
            #expect(run.output.contains(#""action":"hold""#) && run.output.contains(#""ground":"paused""#))
            let wrong = try cluster.run("ruche", ["autoscale", "lease-ip=1:4", "--exec", "x"])
            #expect(wrong.status == 2)
        }
    }
}
