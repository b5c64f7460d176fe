/// A metric of a worker's own: what ``Transaction/count(_:_:of:)`` adds to. Every worker that counts the same names it
/// with the same words.
package struct Counter: Hashable, Sendable {
    /// As Prometheus has it: ends in `_total`.
    package let name: String
    package let help: String
    package let labels: [String]

    package init(_ name: String, _ help: String, labels: [String]) {
        self.name = name
        self.help = help
        self.labels = labels
    }
}

/// What handlers have counted in one transaction.
struct Counts: Sendable {
    /// One sample of a counter.
    struct Sample: Hashable, Sendable {
        let counter: Counter
        let values: [String]
    }

    private(set) var amounts: [Sample: Int] = [:]

    mutating func add(_ amount: Int, _ values: [String], of counter: Counter) {
        if amount > 0 { amounts[Sample(counter: counter, values: values), default: 0] += amount }
    }
}
