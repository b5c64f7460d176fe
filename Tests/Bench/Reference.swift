import Foundation
import TestSupport

/// The reference kit beside ours: peers and C programs that do the same work on the same servers.
struct Reference {
    private let folder: String
    private let servers: TestServers

    init(_ folder: String, _ servers: TestServers) throws {
        guard FileManager.default.isExecutableFile(atPath: "\(folder)/run-baseline") else {
            throw TestFailure("\(folder) is no reference kit: it has no run-baseline")
        }
        self.folder = folder
        self.servers = servers
    }

    /// Runs each of its systems once on what we measure.
    func run(_ options: BenchOptions, _ repetition: Int) throws -> [Figures] {
        guard let url = URLComponents(string: servers.databaseURL) else { throw TestFailure("not a URL") }
        let database = "ruche_bench"
        try? TestServers.administer(servers.databaseURL, "CREATE DATABASE \(database)")
        let state = ProcessInfo.processInfo.environment["RUCHE_BENCH_STATE"] ?? NSTemporaryDirectory()
        let output = "\(state)/run-\(repetition).json"
        var environment = ProcessInfo.processInfo.environment
        environment["BENCH_AMQP_URL"] = try TestServers.url(servers.amqpURL, path: "")
        environment["BENCH_PG_DSN"] =
            "host=\(url.host ?? "") port=\(url.port ?? 5432) user=\(url.user ?? "") dbname=\(database)"
        environment["BENCH_ROOT"] = state
        for (theirs, ours) in [("BENCH_RMQ_PID", "BROKER"), ("BENCH_PG_PID", "DATABASE")] {
            environment[theirs] = environment["RUCHE_BENCH_\(ours)_PID"]
        }
        var work = options.drains.filter { $0 != .freeForm }.map(\.rawValue)
        if !options.paces.isEmpty { work.append("lat") }
        if work.contains("lease") { work.append("enq") }
        let arguments =
            ["--reps", "1", "--qtypes", "quorum", "--json", output, "--work", work.joined(separator: ",")]
            + (options.isQuick
                ? ["--quick"] : ["--only", "fair,l3,aio-pika,dramatiq,celery", "--scale", "\(options.scale)"])
        let run = try FinishedProcess(
            path: "\(folder)/run-baseline", arguments: arguments, environment: environment)
        guard run.status == 0 else {
            throw TestFailure("the reference: \(run.output.suffix(500))\(run.errors.suffix(500))")
        }
        let rows = try JSONDecoder().decode(
            [Figures].self, from: Data(contentsOf: URL(fileURLWithPath: output)))
        return rows.map { row in
            var row = row
            row.workload = ["lat": "latency-200", "lat1000": "latency-1000"][row.workload] ?? row.workload
            return row
        }
    }
}
