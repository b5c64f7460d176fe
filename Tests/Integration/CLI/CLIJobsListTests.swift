import AMQP
import Contracts
import Foundation
import Postgres
import Runtime
import TestSupport
import Testing

/// Finding jobs: filters on a real ledger, pages, and what a job is said to wait for.
@Suite(.servers) struct CLIJobsListTests {
    @Test func filtersFindWhatTheySay() throws {
        try withCluster { cluster in
            try cluster.leave(0..<2)
            try cluster.leave(2..<4, state: .failed, act: "refuse", reason: "no-free-ip")
            try cluster.leave(4..<5, state: .refused, reason: "no-free-server", tenant: "acme")
            try cluster.leave(5..<6, state: .succeeded, act: "recover")
            try cluster.leave(6..<7, state: .failed, daysAgo: 3)
            let day = ["0", "1", "2", "3", "5"]
            let all = ["0", "1", "2", "3", "4", "5"]
            let expected: [(filter: [String], ids: [String])] = [
                ([], day), (["state:dead"], ["0", "1"]), (["state:dead,failed"], ["0", "1", "2", "3"]),
                (["-state:dead"], ["2", "3", "5"]), (["--state", "failed"], ["2", "3"]),
                (["state:failed", "since:7d"], ["2", "3", "6"]), (["state:failed", "since:7d", "until:1d"], ["6"]),
                (["command:probe"], day), (["command:lease-ip"], []), (["command:pro*"], day), (["-command:probe"], []),
                (["tenant:acme"], ["4"]), (["--tenant", "acme"], ["4"]), (["--tenant", "*"], all), (["tenant:*"], all),
                (["--tenant", "acme", "tenant:default"], []), (["-tenant:acme", "error:no-free-*"], ["2", "3"]),
                (["error:no-free-ip,no-free-server"], ["2", "3"]),
                (["no-free", "--tenant", "*"], ["2", "3", "4"]),
                (["-text:no-free"], ["0", "1", "5"]), (["attempts:>3"], []), (["attempts:3"], day),
                (["id:job-1,job-2"], ["1", "2"]), (["worker:test", "job-5"], ["5"]),
                (["payload.act:refuse"], ["2", "3"]), (["payload.act:re*"], ["2", "3", "5"]),
                (["-payload.act:succeed"], ["2", "3", "5"]), (["payload.milliseconds:0", "state:dead"], ["0", "1"]),
                (["handled:no", "state:dead"], ["0", "1"]), (["handled:yes"], []), (["'"], []),
            ]
            for example in expected {
                let found = try cluster.run("ruche", ["jobs", "list", "-o", "name"] + example.filter)
                #expect(found.status == 0, "\(example.filter): \(found.errors)")
                let ids = found.output.split(separator: "\n").map { String($0.dropFirst("job-".count)) }
                #expect(ids.sorted() == example.ids, "\(example.filter)")
            }
        }
    }

    @Test func pagesHaveEveryJobOnce() throws {
        try withCluster { cluster in
            // All at the same instant: only the key tells them apart.
            try cluster.leave(0..<25)
            var seen: [String] = []
            var place: String?
            repeat {
                let page = try cluster.run(
                    "ruche", ["jobs", "list", "-o", "name", "--limit", "10"] + (place.map { ["--after", $0] } ?? []))
                #expect(page.status == 0, "\(page.errors)")
                seen += page.output.split(separator: "\n").map(String.init)
                place = page.errors.components(separatedBy: "--after ").dropFirst().first?
                    .trimmingCharacters(in: .whitespacesAndNewlines)
            } while place != nil && seen.count < 100
            #expect(seen.count == 25)
            #expect(Set(seen).count == 25)
            #expect(try cluster.run("ruche", ["jobs", "list", "--after", "yesterday"]).status == 2)
        }
    }

    @Test func theNewestComeFirstHoweverFarBackTheyLie() throws {
        try withCluster { cluster in
            try cluster.leave(0..<6)
            let database = try cluster.database()
            defer { database.close() }
            // Seconds, minutes, hours: each stretch that is looked through has some.
            for (number, age) in [1.0, 50, 600, 3000, 10_000, 40_000].enumerated() {
                try database.execute(
                    """
                    UPDATE job SET admitted_at = now() - \(age) * interval '1 second' WHERE id = \("job-\(number)")
                    """)
            }
            for limit in 1...7 {
                let found = try cluster.run(
                    "ruche", ["jobs", "list", "since:7d", "-o", "name", "--limit", String(limit)])
                #expect(found.output.split(separator: "\n") == (0..<6).prefix(limit).map { "job-\($0)" }, "\(limit)")
            }
        }
    }

    @Test func aSearchInPayloadsIsBoundedAndSaysSo() throws {
        try withCluster { cluster in
            try cluster.leave(0..<20)
            try cluster.leave(20..<21, act: "refuse")
            let line = ["jobs", "list", "-o", "name", "payload.act:refuse"]
            let whole = try cluster.run("ruche", line)
            #expect(whole.output == "job-20\n")
            #expect(whole.errors.isEmpty)
            try cluster.leave(21..<31)
            let bounded = try cluster.run("ruche", line + ["--scan", "10"])
            #expect(bounded.output.isEmpty)
            #expect(bounded.errors.contains("only 10 payloads were opened"))
        }
    }

    @Test func aJobIsShownAsATimeline() throws {
        try withCluster { cluster in
            try cluster.prepareProbe()
            let log = try EventLog(cluster)
            try cluster.start("ProbeWorker")
            try cluster.start("relay")
            let load = try Load(cluster)
            try load.publish(Cluster.probe, id: "job-1", body: Cluster.probe("transient")) {
                $0.timestamp = 1_763_712_000
            }
            try load.settle()
            #expect(try log.outcome(of: "job-1").kind == .dead)
            _ = try cluster.run("ruche", ["dead", "discard", "job-1", "--command", "probe", "--reason", "known"])
            let shown = try cluster.run("ruche", ["dead", "show", "job-1", "--command", "probe"])
            #expect(shown.status == 0, "\(shown.errors)")
            let order = ["enqueued", "admitted", "retrying.v1", "retrying.v1", "dead.v1", "dead discard"]
            var rest = shown.output[...]
            for word in order {
                let found = try #require(rest.range(of: word), "\(word) in order:\n\(shown.output)")
                rest = rest[found.upperBound...]
            }
            #expect(shown.output.contains("discarded"))
        }
    }

    @Test func aCommandInItsQueueSaysWhatItWaitsFor() throws {
        try withCluster { cluster in
            let load = try Load(cluster)
            func why(_ more: String...) throws -> FinishedProcess {
                try cluster.run("ruche", ["why", "order-1", "-o", "json"] + more)
            }
            #expect(try why().status == 3)
            #expect(try why("--command", "lease-ip").output.contains("nobody consumes lease-ip; no message is ready"))
            try load.publish(LeaseIP.example, id: "order-1")
            try load.settle()
            let alone = try why("--command", "lease-ip").output
            #expect(alone.contains("nobody consumes lease-ip; 1 messages are ready"), "\(alone)")
            #expect(try cluster.ruche("queues", "pause", "lease-ip").status == 0)
            let paused = try why("--command", "lease-ip").output
            #expect(paused.contains("paused by ") && paused.contains(": a test"), "\(paused)")
            #expect(paused.contains(#""state":"not admitted""#))
        }
    }

    @Test func theScheduleIsListedRunAndTakenBack() throws {
        try withCluster { cluster in
            try cluster.prepareProbe()
            try cluster.schedule(numbers: 1..<4, dueIn: 3600)
            try cluster.schedule(LeaseIP.name, numbers: 4..<5, dueIn: 60)
            let listed = try cluster.run("ruche", ["schedule", "list", "-o", "name", "--tenant", "acme"])
            #expect(listed.output.split(separator: "\n").sorted() == ["m-1", "m-2", "m-3", "m-4"])
            #expect(listed.output.hasPrefix("m-4\n"), "soonest first")
            let chosen = try cluster.run(
                "ruche", ["schedule", "list", "--command", "probe", "--limit", "2", "--json", "--tenant", "*"])
            #expect(chosen.errors.contains("there are more"))
            #expect(!chosen.output.contains("m-4"))

            #expect(try cluster.ruche("schedule", "run", "m-9").status == 3)
            #expect(try cluster.ruche("schedule", "run", "m-3").status == 3, "another tenant's")
            #expect(try cluster.run("ruche", ["schedule", "list", "-o", "name"]).output.isEmpty)
            #expect(
                try cluster.ruche("schedule", "cancel", "--tenant", "acme", "m-1", "m-2").status == 2,
                "two are asked about")
            #expect(
                try cluster.ruche("schedule", "cancel", "--tenant", "acme", "m-1", "--dry-run").output
                    == "would cancel probe m-1 of acme\n"
            )
            #expect(try cluster.ruche("schedule", "cancel", "--tenant", "acme", "m-1", "m-2", "--yes").status == 0)
            #expect(
                try cluster.run("ruche", ["schedule", "list", "-o", "name", "--tenant", "acme"]).output == "m-4\nm-3\n")
            #expect(try cluster.ruche("schedule", "run", "--tenant", "acme", "m-3").status == 0)
            #expect(try cluster.number("SELECT count(*) FROM schedule WHERE due_at <= now()") == 1)
            #expect(try cluster.audited("schedule cancel") == (2, 2))
            #expect(try cluster.audited("schedule run") == (1, 1))
        }
    }
}
