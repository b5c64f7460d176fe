import Foundation
import TestSupport

/// Measures the executables that are shipped, through the wire contract, on real servers: `scripts/bench` says how.
@main enum Main {
    static func main() {
        do {
            let options = try BenchOptions(Array(CommandLine.arguments.dropFirst()))
            try Bench(options).run()
        } catch {
            FileHandle.standardError.write(Data("bench: \(error)\n".utf8))
            exit(1)
        }
    }
}

/// What is measured, how often, and where it is written.
struct BenchOptions {
    /// Runs of each measurement; medians are reported.
    private(set) var repetitions = 3
    /// A factor for the number of commands.
    private(set) var scale = 1.0
    private(set) var drains = DrainWorkload.allCases
    /// Leases that the ledger holds before another drain of leases; none without.
    private(set) var ledger = 0
    /// Commands a second at which latency is measured.
    private(set) var paces = [200, 1000]
    /// How long each latency run takes, after a third of that to warm up.
    private(set) var paceSeconds = 12.0
    /// Settings of the workers, beside those of the workload.
    private(set) var settings: [String: String] = [:]
    /// Where the rows are written, as JSON.
    private(set) var file: String?
    /// The folder of the reference kit, whose systems run in turn with ours.
    private(set) var reference: String?
    let isQuick: Bool

    init(_ arguments: [String]) throws {
        isQuick = arguments.contains("--quick")
        if isQuick { (repetitions, scale, paces, paceSeconds) = (1, 0.3, [200], 3) }
        var rest = arguments[...]
        while let word = rest.popFirst() {
            if word == "--quick" { continue }
            guard let value = rest.popFirst() else { throw TestFailure("\(word) needs a value") }
            switch word {
            case "--reps": repetitions = try Self.number(value, word, in: 1...99)
            case "--set":
                let parts = value.split(separator: "=", maxSplits: 1)
                guard parts.count == 2 else { throw TestFailure("--set \(value)?") }
                settings[String(parts[0])] = String(parts[1])
            case "--ledger": ledger = try Self.number(value, word, in: 1...100_000_000)
            case "--json": file = value
            case "--with-reference": reference = value
            case "--work": try choose(value.split(separator: ",").map(String.init))
            case "--scale":
                guard let factor = Double(value), factor > 0, factor <= 100 else {
                    throw TestFailure("--scale \(value)?")
                }
                scale = factor
            default: throw TestFailure("\(word) is no option")
            }
        }
    }

    private mutating func choose(_ names: [String]) throws {
        for name in names where name != "latency" && DrainWorkload(rawValue: name) == nil {
            throw TestFailure("--work knows \(DrainWorkload.allCases.map(\.rawValue).joined(separator: ", ")), latency")
        }
        drains = names.compactMap(DrainWorkload.init)
        if !names.contains("latency") { paces = [] }
    }

    private static func number(_ text: String, _ name: String, in range: ClosedRange<Int>) throws -> Int {
        guard let number = Int(text), range.contains(number) else { throw TestFailure("\(name) \(text)?") }
        return number
    }
}
