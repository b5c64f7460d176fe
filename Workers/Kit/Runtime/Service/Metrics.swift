import Glibc
import Synchronization

/// Every metric of a process, rendered as Prometheus text (exposition format 0.0.4).
///
/// Families are registered at start; a sample is found by its label values. One mutex: metrics are noted once a batch,
/// not once a command.
package final class Metrics: Sendable {
    /// The content type a scrape must carry.
    package static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    /// What a family measures.
    package enum Kind: String, Sendable {
        case counter, gauge, histogram
    }

    /// A named metric with its labels; what it counts is kept by ``Metrics``.
    package struct Family: Hashable, Sendable {
        package let name: String
        fileprivate let place: Int
    }

    fileprivate struct Definition {
        let name: String
        let help: String
        let kind: Kind
        let labels: [String]
        let buckets: [Double]
        var samples: [[String]: Sample] = [:]

        /// What a sample is before its first event.
        private let empty: Sample

        init(name: String, help: String, kind: Kind, labels: [String], buckets: [Double]) {
            self.name = name
            self.help = help
            self.kind = kind
            self.labels = labels
            self.buckets = buckets
            empty = Sample(counts: .init(repeating: 0, count: buckets.count))
            if labels.isEmpty { samples[[]] = empty }
        }

        /// Changes the sample of some label values, made if need be.
        mutating func change(_ values: [String], _ body: (inout Sample) -> Void) {
            precondition(values.count == labels.count, "\(name) has the labels \(labels)")
            let fresh = empty
            body(&samples[values, default: fresh])
        }
    }

    fileprivate struct Sample {
        var value = 0.0
        var counts: [UInt64] = []
        var count: UInt64 = 0
    }

    private let definitions = Mutex<[Definition]>([])
    /// Asked at each scrape, before rendering: sets gauges that nobody pushes.
    private let collectors = Mutex<[@Sendable () -> Void]>([])

    package init() {}

    /// The buckets of durations in seconds, as OpenTelemetry recommends them for messaging.
    package static let durations = [
        0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10,
    ]

    /// The buckets of waits in seconds: to where a backlog is a matter of hours.
    package static let waits = [
        0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600, 14_400,
    ]

    /// Registers a family. Names follow Prometheus: a base unit, `_total` for counters. A name is registered once.
    ///
    /// A family without labels shows 0 from the start; with labels, what was begun does: ``begin(_:_:)``.
    package func register(
        _ kind: Kind, _ name: String, _ help: String, labels: [String] = [], buckets: [Double] = []
    ) -> Family {
        precondition(zip(buckets, buckets.dropFirst()).allSatisfy { $0 < $1 }, "the buckets of \(name) do not ascend")
        return definitions.withLock {
            precondition(!$0.contains { $0.name == name }, "\(name) is registered twice")
            $0.append(Definition(name: name, help: help, kind: kind, labels: labels, buckets: buckets))
            return Family(name: name, place: $0.count - 1)
        }
    }

    /// Shows a sample before its first event, so that the rate of that event is seen.
    package func begin(_ family: Family, _ labels: [String]) {
        definitions.withLock { $0[family.place].change(labels) { _ in } }
    }

    /// Runs `collect` at each scrape.
    package func onScrape(_ collect: @escaping @Sendable () -> Void) {
        collectors.withLock { $0.append(collect) }
    }

    /// Adds to a counter.
    package func add(_ amount: Double = 1, to family: Family, _ labels: [String] = []) {
        definitions.withLock { $0[family.place].change(labels) { $0.value += amount } }
    }

    /// Sets a gauge.
    package func set(_ value: Double, of family: Family, _ labels: [String] = []) {
        definitions.withLock { $0[family.place].change(labels) { $0.value = value } }
    }

    /// Notes `count` observations of the same value in a histogram.
    package func observe(_ value: Double, in family: Family, _ labels: [String] = [], count: Int = 1) {
        definitions.withLock {
            let bucket = $0[family.place].buckets.firstIndex { value <= $0 }
            $0[family.place].change(labels) { sample in
                sample.value += value * Double(count)
                sample.count += UInt64(count)
                if let bucket { sample.counts[bucket] += UInt64(count) }
            }
        }
    }

    /// Notes each of these values in a histogram.
    package func observe(_ values: [Double], in family: Family, _ labels: [String] = []) {
        guard !values.isEmpty else { return }
        definitions.withLock {
            let buckets = $0[family.place].buckets
            $0[family.place].change(labels) { sample in
                for value in values {
                    sample.value += value
                    sample.count += 1
                    if let bucket = buckets.firstIndex(where: { value <= $0 }) { sample.counts[bucket] += 1 }
                }
            }
        }
    }

    /// Puts these in place of all samples of a gauge: what is not among them is not shown any more.
    package func replace(_ family: Family, with values: [(labels: [String], value: Double)]) {
        definitions.withLock {
            $0[family.place].samples = [:]
            for (labels, value) in values { $0[family.place].change(labels) { $0.value = value } }
        }
    }

    /// The text of a scrape.
    package func render() -> String {
        for collect in collectors.withLock({ $0 }) { collect() }
        return definitions.withLock { $0.map(Self.render).joined() } + ProcessMetrics.render()
    }

    private static func render(_ family: Definition) -> String {
        var text = "# HELP \(family.name) \(escaped(family.help, quotes: false))\n"
        text += "# TYPE \(family.name) \(family.kind.rawValue)\n"
        for (values, sample) in family.samples.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
            let labels = zip(family.labels, values).map { "\($0)=\"\(escaped($1, quotes: true))\"" }
            guard family.kind == .histogram else {
                text += "\(family.name)\(braces(labels)) \(number(sample.value))\n"
                continue
            }
            var total: UInt64 = 0
            for (bucket, count) in zip(family.buckets, sample.counts) {
                total += count
                text += "\(family.name)_bucket\(braces(labels + ["le=\"\(number(bucket))\""])) \(total)\n"
            }
            text += "\(family.name)_bucket\(braces(labels + ["le=\"+Inf\""])) \(sample.count)\n"
            text += "\(family.name)_sum\(braces(labels)) \(number(sample.value))\n"
            text += "\(family.name)_count\(braces(labels)) \(sample.count)\n"
        }
        return text
    }

    private static func braces(_ labels: [String]) -> String {
        labels.isEmpty ? "" : "{" + labels.joined(separator: ",") + "}"
    }

    static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value > 0 ? "+Inf" : "-Inf" }
        return value == value.rounded() && abs(value) < 1e15 ? String(Int64(value)) : String(value)
    }

    private static func escaped(_ text: String, quotes: Bool) -> String {
        var escaped = ""
        // By scalars: CR LF is one `Character`, and its LF must not pass.
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": escaped += "\\\\"
            case "\n": escaped += "\\n"
            case "\"" where quotes: escaped += "\\\""
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}
