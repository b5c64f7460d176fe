import Foundation
import TestSupport
import Testing

/// The bench measures what it says, at a scale that proves nothing about speed.
@Suite(.servers) struct BenchTests {
    private struct Row: Decodable {
        let workload: String
        let system: String
        let rate: Double?
        let p99: Double?
        let cpu_s_per_1000: Double?
        let rss_mb: Double?
        let exact: Bool?
    }

    @Test func everyWorkloadIsMeasuredAndExact() throws {
        let servers = try TestServers.require()
        let file = "\(NSTemporaryDirectory())/\(TestServers.uniqueName("bench")).json"
        defer { try? FileManager.default.removeItem(atPath: file) }
        let run = try bench(
            servers, ["--quick", "--scale", "0.01", "--work", "lease,noop,ingest,free-form,latency", "--json", file])
        #expect(run.status == 0, "\(run.output)\(run.errors)")

        let rows = try JSONDecoder().decode([Row].self, from: Data(contentsOf: URL(fileURLWithPath: file)))
        #expect(rows.map(\.workload) == ["enqueue", "lease", "noop", "ingest", "free-form", "latency-200"])
        #expect(rows.allSatisfy { $0.system == "Ruche" })
        for row in rows where row.workload != "enqueue" {
            #expect(row.exact == true)
            #expect(try #require(row.rss_mb) > 1)
            #expect(try #require(row.cpu_s_per_1000) > 0)
        }
        for row in rows {
            #expect((row.workload == "latency-200" ? row.p99 : row.rate) ?? 0 > 0)
        }
    }

    @Test(arguments: [["--work", "sleep"], ["--reps", "0"], ["--scale", "none"], ["--json"], ["--fast", "1"]])
    func whatItDoesNotKnowIsRefused(arguments: [String]) throws {
        let run = try bench(TestServers.require(), arguments)
        #expect(run.status == 1)
        #expect(run.errors.hasPrefix("bench: "))
    }

    private func bench(_ servers: TestServers, _ arguments: [String]) throws -> FinishedProcess {
        try FinishedProcess(
            path: "\(servers.binaries)/Bench", arguments: arguments,
            environment: ProcessInfo.processInfo.environment)
    }
}
