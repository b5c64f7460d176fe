import Foundation

/// What a process served as metrics: its families, and what is said of them.
package struct Scrape {
    /// A family of metrics.
    package struct Family: Equatable {
        /// Its type, as Prometheus calls it.
        package let type: String
        /// The names of its labels but `le`; `nil` as long as it has no sample.
        package var labels: Set<String>?

        package init(type: String, labels: Set<String>? = nil) {
            self.type = type
            self.labels = labels
        }
    }

    package private(set) var families: [String: Family] = [:]
    /// As it was served.
    package let text: String

    /// Asks a process.
    package init(_ process: RunningProcess) throws {
        let answer = try process.get("metrics")
        guard answer.status == 200 else { throw TestFailure("/metrics was answered with \(answer.status)") }
        text = answer.body + "\n"
        for line in text.split(separator: "\n") {
            if let match = line.firstMatch(of: /^# TYPE (\S+) (\S+)$/) {
                families[String(match.output.1)] = Family(type: String(match.output.2))
            } else if let match = line.firstMatch(of: #/^([a-z_]+)(?:\{(.*)\})? /#) {
                let name = String(match.output.1).replacing(/_(bucket|sum|count)$/, with: "")
                let labels = (match.output.2 ?? "").matches(of: #/([a-z_]+)="/#).map { String($0.output.1) }
                let family = families[name] == nil ? String(match.output.1) : name
                families[family]?.labels = Set(labels).subtracting(["le"])
            }
        }
    }
}
