import Contracts
import Foundation
import TestSupport
import Testing

/// What each kind of process serves at `/metrics`, against the tables of docs/metrics.md.
@Suite(.servers, .prometheus) struct MetricsTests {
    @Test func whatIsServedIsWhatTheTableSays() throws {
        try withCluster { cluster in
            let tables = try Self.tables()
            try cluster.prepareLongProbe()
            let relay = try cluster.start("relay")
            let processes = [
                ("Workers", try cluster.start("lease-ip")), ("`ingest-logs`", try cluster.start("ingest-logs")),
                ("Relay", relay), ("Workers with long commands", try cluster.startLongProbe()),
                (
                    "Workers that export spans",
                    try cluster.start("lease-ip", ["OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1"])
                ),
            ]
            let done = try cluster.run(
                "ruche", ["enqueue", "lease-ip", "--set", "holder=a", "--wait", "--timeout", "30s"])
            #expect(done.status == 5, "no address is free")
            try eventually("the relay has looked at the queues") {
                try relay.get("metrics").body.contains("\nruche_queue_messages{")
            }
            for (kind, process) in processes {
                let scrape = try Scrape(process)
                var expected = try #require(tables["Every process"])
                if kind != "Relay" { expected.merge(try #require(tables["Workers"])) { $1 } }
                expected.merge(try #require(tables[kind])) { $1 }
                #expect(Set(scrape.families.keys) == Set(expected.keys), "\(kind)")
                for (name, family) in scrape.families {
                    #expect(family.type == expected[name]?.type, "\(name) of \(kind)")
                    #expect(family.labels.map { $0 == expected[name]?.labels } ?? true, "labels of \(name)")
                }
                try Self.lint(scrape.text, kind, cluster)
            }
        }
    }

    /// What Prometheus' own tool has to say about names, types and help: nothing.
    private static func lint(_ text: String, _ kind: String, _ cluster: Cluster) throws {
        let result = try FinishedProcess(
            path: "/usr/bin/promtool", arguments: ["check", "metrics"], environment: cluster.environment, input: text)
        #expect(result.status == 0 && result.errors.isEmpty && result.output.isEmpty, "\(kind): \(result.errors)")
    }

    /// The tables by their headings: name, type and labels of each metric.
    private static func tables() throws -> [String: [String: Scrape.Family]] {
        var tables: [String: [String: Scrape.Family]] = [:]
        var heading = ""
        for line in try Checkout.text("docs/metrics.md").split(separator: "\n") {
            if line.hasPrefix("#") { heading = String(line.drop { $0 == "#" || $0 == " " }) }
            guard let row = line.firstMatch(of: /^\| `(\w+)` \| (\w+) \|([^|]*)\|/) else { continue }
            let labels = Set(row.output.3.matches(of: /`(\w+)`/).map { String($0.output.1) })
            tables[heading, default: [:]][String(row.output.1)] = Scrape.Family(
                type: String(row.output.2), labels: labels)
        }
        return tables
    }
}
