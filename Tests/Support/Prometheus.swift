import Foundation
package import Testing

/// Debian's Prometheus for one test, with the configuration and the rules that are shipped in compose/prometheus.
///
/// What is changed in them: the addresses, which a name server gives in compose, are those of the test's processes; it
/// scrapes and evaluates each second; and each `for:` is a second, so that an alert fires as soon as it is true twice.
package final class Prometheus {
    /// Where Debian installs it, with `promtool`.
    private static let program = "/usr/bin/prometheus"
    /// Whether it is here; in CI a missing one is an error, not a skip.
    fileprivate static var isThere: Bool { FileManager.default.isExecutableFile(atPath: program) || TestServers.isCI }

    /// One process that it scrapes: as which service, at which address.
    package struct Target {
        let job: String
        let service: String
        let address: String

        package init(_ job: String, _ service: String, _ address: String) {
            (self.job, self.service, self.address) = (job, service, address)
        }
    }

    /// An alert that is pending or fires.
    package struct Alert: Decodable {
        package let labels: [String: String]
        package let annotations: [String: String]
        package let state: String
    }

    private let base: String

    /// Starts it and waits until it listens.
    ///
    /// - Parameter recorded: expressions that it evaluates each second besides: see ``faults()``.
    package init(_ cluster: Cluster, _ targets: [Target], recorded: [String] = []) throws {
        let directory = "\(cluster.directory)/prometheus"
        try FileManager.default.createDirectory(atPath: "\(directory)/rules", withIntermediateDirectories: true)
        try Self.configuration(targets).write(
            toFile: "\(directory)/prometheus.yml", atomically: true, encoding: .utf8)
        for (name, text) in try Self.rules() {
            try text.replacing(/for: \d+[smh]/, with: "for: 1s").write(
                toFile: "\(directory)/rules/\(name)", atomically: true, encoding: .utf8)
        }
        try Self.recording(recorded).write(
            toFile: "\(directory)/rules/recorded.yml", atomically: true, encoding: .utf8)
        let process = try cluster.launch(
            path: Self.program,
            arguments: [
                "--config.file=\(directory)/prometheus.yml", "--storage.tsdb.path=\(directory)/data",
                "--web.listen-address=127.0.0.1:0", "--log.format=json",
            ])
        try process.waitForLine(containing: "Server is ready to receive web requests.")
        guard let port = process.output.firstMatch(of: #/"address":"127\.0\.0\.1:([1-9]\d*)"/#) else {
            throw TestFailure("no port in:\n\(process.output)")
        }
        base = "http://127.0.0.1:\(port.output.1)/api/v1"
    }

    /// The rules that are shipped, by the name of their file.
    package static func rules() throws -> [(name: String, text: String)] {
        let folder = Checkout.path("compose/prometheus/rules")
        return try FileManager.default.contentsOfDirectory(atPath: folder).sorted().map { name in
            (name, try String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8))
        }
    }

    /// The alerts that fire now, by name.
    package func firing() throws -> [String: [Alert]] {
        struct Alerts: Decodable { let alerts: [Alert] }
        let alerts = try ask("alerts", of: Alerts.self).alerts.filter { $0.state == "firing" }
        return Dictionary(grouping: alerts) { $0.labels["alertname"] ?? "" }
    }

    /// How many samples an expression has now.
    package func count(_ expression: String) throws -> Int {
        struct Result: Decodable { let result: [Sample] }
        struct Sample: Decodable {}
        return try ask("query", ["query=\(expression)"], of: Result.self).result.count
    }

    /// The expressions of all rules that were evaluated without success, and why; `nil` before all have been evaluated.
    package func faults() throws -> [String]? {
        struct Rules: Decodable { let groups: [Group] }
        struct Group: Decodable { let rules: [Rule] }
        struct Rule: Decodable {
            let query: String
            let health: String
            let lastError: String?
        }
        let rules = try ask("rules", of: Rules.self).groups.flatMap(\.rules)
        guard rules.allSatisfy({ $0.health != "unknown" }) else { return nil }
        return rules.filter { $0.health != "ok" }.map { "\($0.query): \($0.lastError ?? $0.health)" }
    }

    /// The names that have samples, and those of families that a target describes.
    package func names() throws -> Set<String> {
        struct Described: Decodable { let type: String }
        return Set(try ask("label/__name__/values", of: [String].self))
            .union(try ask("metadata", of: [String: [Described]].self).keys)
    }

    /// Rules that record expressions under a number each.
    private static func recording(_ expressions: [String]) -> String {
        var text = "groups:\n  - name: recorded\n    rules:\(expressions.isEmpty ? " []" : "")\n"
        for (number, expression) in expressions.enumerated() {
            let quoted = expression.replacing("'", with: "''")
            text += "      - record: recorded:\(number)\n        expr: '\(quoted)'\n"
        }
        return text
    }

    private func ask<Value: Decodable>(_ path: String, _ fields: [String] = [], of _: Value.Type) throws -> Value {
        let result = try FinishedProcess(
            path: "/usr/bin/env",
            arguments: ["curl", "-sS", "-m", "10", "-G", "\(base)/\(path)"]
                + fields.flatMap { ["--data-urlencode", $0] },
            environment: ["PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"])
        guard result.status == 0 else { throw TestFailure("\(path): \(result.errors)") }
        let answer = try JSONDecoder().decode(Answer<Value>.self, from: Data(result.output.utf8))
        guard let data = answer.data else { throw TestFailure("\(path) \(fields): \(answer.error ?? answer.status)") }
        return data
    }

    /// What is shipped, with the addresses of these targets, and nobody to send alerts to.
    private static func configuration(_ targets: [Target]) throws -> String {
        let shipped = try String(contentsOfFile: Checkout.path("compose/prometheus/prometheus.yml"), encoding: .utf8)
        var lines: [String] = []
        var job = ""
        var isSkipping = false
        for line in shipped.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) {
            if isSkipping, line.isEmpty || line.prefix(5).contains(where: { $0 != " " }) { isSkipping = false }
            if isSkipping { continue }
            if let name = line.firstMatch(of: /- job_name: (\S+)/) { job = String(name.output.1) }
            guard line.contains("dns_sd_configs:") else {
                lines.append(line.replacing(/(interval|timeout): \d+s/) { "\($0.output.1): 1s" })
                continue
            }
            isSkipping = true
            let found = targets.filter { $0.job == job }
            lines.append("    \(job.isEmpty ? "- " : "")static_configs:\(found.isEmpty ? " []" : "")")
            for target in found {
                lines.append("      - targets: [\"\(target.address)\"]")
                lines.append("        labels: {__meta_dns_name: \(target.service)}")
            }
        }
        return lines.joined(separator: "\n")
    }
}

/// What the API answers.
private struct Answer<Value: Decodable>: Decodable {
    let status: String
    let error: String?
    let data: Value?
}

extension Trait where Self == ConditionTrait {
    /// Runs only where Debian's Prometheus is installed.
    package static var prometheus: Self { .enabled(if: Prometheus.isThere, "needs the package prometheus") }
}
