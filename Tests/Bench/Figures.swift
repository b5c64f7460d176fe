import Foundation

/// What one measurement, or the median of several, came to. The names are those of the JSON rows.
struct Figures: Codable {
    var workload: String
    var system: String
    /// Units a second: commands, for `ingest` records.
    var rate: Double?
    var min: Double?
    var max: Double?
    /// Milliseconds from the publishing of a command to the arrival of its event.
    var p50: Double?
    var p95: Double?
    var p99: Double?
    /// The most memory of the worker, in MiB.
    var rssMb: Double?
    /// Processor seconds for a thousand commands: the worker's, the broker's, the database's.
    var cpuSPer1000: Double?
    var cpuBrokerSPer1000: Double?
    var cpuPgSPer1000: Double?
    var reps: Int?
    /// Whether each command had its outcome, its effect and its event, once.
    var exact: Bool?

    private enum CodingKeys: String, CodingKey {
        case workload, system, rate, min, max, p50, p95, p99, reps, exact
        case rssMb = "rss_mb"
        case cpuSPer1000 = "cpu_s_per_1000"
        case cpuBrokerSPer1000 = "cpu_broker_s_per_1000"
        case cpuPgSPer1000 = "cpu_pg_s_per_1000"
    }

    init(workload: String, system: String = "Ruche") { (self.workload, self.system) = (workload, system) }

    /// Notes the processor seconds that worker, broker and database took for so many commands.
    mutating func note(processor after: [Double], since before: [Double], for count: Int) {
        let seconds = zip(after, before).map { ($0 - $1) / Double(count) * 1000 }
        (cpuSPer1000, cpuBrokerSPer1000, cpuPgSPer1000) = (seconds[0], seconds[1], seconds[2])
    }

    /// The medians of what is alike in workload and system, in the order of their first appearance.
    static func medians(_ figures: [Figures]) -> [Figures] {
        var order: [String] = []
        var groups: [String: [Figures]] = [:]
        for row in figures {
            let key = "\(row.workload)/\(row.system)"
            if groups[key] == nil { order.append(key) }
            groups[key, default: []].append(row)
        }
        return order.map { key in
            let group = groups[key]!
            func median(_ path: KeyPath<Figures, Double?>) -> Double? {
                let values = group.compactMap { $0[keyPath: path] }.sorted()
                guard !values.isEmpty else { return nil }
                let middle = values.count / 2
                return values.count % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2
            }
            var row = Figures(workload: group[0].workload, system: group[0].system)
            row.rate = median(\.rate)
            row.min = group.compactMap(\.rate).min()
            row.max = group.compactMap(\.rate).max()
            (row.p50, row.p95, row.p99) = (median(\.p50), median(\.p95), median(\.p99))
            row.rssMb = median(\.rssMb)
            row.cpuSPer1000 = median(\.cpuSPer1000)
            row.cpuBrokerSPer1000 = median(\.cpuBrokerSPer1000)
            row.cpuPgSPer1000 = median(\.cpuPgSPer1000)
            row.reps = group.count
            let verdicts = group.compactMap(\.exact)
            row.exact = verdicts.isEmpty ? nil : verdicts.allSatisfy { $0 }
            return row
        }
    }

    /// The head of the table for people. Processor time is in microseconds a command.
    static let head: String = {
        let names = [
            "workload", "system", "a second (lowest–highest)", "p50 ms", "p95", "p99", "worker µs", "broker µs",
            "PostgreSQL µs", "peak MiB", "exact",
        ]
        return "| \(names.joined(separator: " | ")) |\n|\(String(repeating: "---|", count: names.count))"
    }()

    /// A row of the table for people.
    var row: String {
        func text(_ value: Double?, _ factor: Double = 1) -> String {
            guard let value else { return "–" }
            let number = value * factor
            return number >= 100 ? String(format: "%.0f", number) : String(format: "%.1f", number)
        }
        let spread = rate == nil ? "–" : min == max ? text(rate) : "\(text(rate)) (\(text(min))–\(text(max)))"
        let verdict = exact.map { $0 ? "yes" : "NO" } ?? "–"
        let cells = [
            workload, system, spread, text(p50), text(p95), text(p99), text(cpuSPer1000, 1000),
            text(cpuBrokerSPer1000, 1000), text(cpuPgSPer1000, 1000), text(rssMb), verdict,
        ]
        return "| \(cells.joined(separator: " | ")) |"
    }
}
