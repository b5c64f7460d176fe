import Foundation

/// A figure over time, and whether it grows: the slope of Theil and Sen, which is the median of the slopes between all
/// pairs of samples. A few outliers (a batch in hand, a peak of the allocator) do not move it, unlike that of the least
/// squares.
package struct Growth: Sendable {
    private var samples: [(time: Double, value: Double)] = []

    package init() {}

    /// Notes a sample. Times ascend, in seconds.
    package mutating func add(_ value: Double, at time: Double) { samples.append((time, value)) }

    /// The last value.
    package var last: Double { samples.last?.value ?? 0 }

    /// How much it grew from a time to its end, by the slope; `nil` with fewer than ten samples.
    ///
    /// - Parameter start: what was before is warming up, and does not count.
    package func total(from start: Double) -> Double? {
        let counted = samples.filter { $0.time >= start }
        guard counted.count >= 10, let first = counted.first, let last = counted.last else { return nil }
        var slopes: [Double] = []
        slopes.reserveCapacity(counted.count * (counted.count - 1) / 2)
        for (place, early) in counted.enumerated() {
            for late in counted[(place + 1)...] where late.time > early.time {
                slopes.append((late.value - early.value) / (late.time - early.time))
            }
        }
        guard !slopes.isEmpty else { return nil }
        slopes.sort()
        return slopes[slopes.count / 2] * (last.time - first.time)
    }
}

/// What processes and tables use over time, and who does not stay as it was.
package struct Soak {
    /// What may be used more at the end of the time that counts than at its begin, by the slope.
    package struct Limits: Sendable {
        /// Resident memory of a process.
        package var megabytes = 2.0
        /// Open descriptors of a process.
        package var descriptors = 1.0
        /// Rows and messages.
        package var rows = 50.0

        package init() {}
    }

    private let scene: NemesisScene
    private let begin = ContinuousClock.now
    private var memory: [String: Growth] = [:]
    private var descriptors: [String: Growth] = [:]
    private var rows: [String: Growth] = [:]

    package init(_ scene: NemesisScene) { self.scene = scene }

    private var elapsed: Double { (ContinuousClock.now - begin) / .seconds(1) }

    /// Takes samples for so long, that many.
    package mutating func run(for duration: Duration, samples: Int) throws {
        for number in 1...samples {
            let due = begin + duration * number / samples
            let wait = (due - ContinuousClock.now) / .seconds(1)
            if wait > 0 { Thread.sleep(forTimeInterval: wait) }
            try sample()
        }
    }

    private mutating func sample() throws {
        let now = elapsed
        for (number, process) in scene.processes.enumerated() {
            let name = "\(process.executable) \(number)"
            guard let id = process.id else { throw TestFailure("\(name) does not run") }
            memory[name, default: Growth()].add(try Self.megabytes(of: id), at: now)
            let open = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(id)/fd").count
            descriptors[name, default: Growth()].add(Double(open), at: now)
        }
        for (name, count) in try scene.waiting() { rows[name, default: Growth()].add(Double(count), at: now) }
    }

    /// Everything that grew by more than it may, with how much. The first third of the time is warming up.
    package func growing(_ limits: Limits = Limits()) throws -> [String] {
        try figures().filter { figure in
            let limit =
                figure.unit == "MiB" ? limits.megabytes : figure.unit == "fds" ? limits.descriptors : limits.rows
            return figure.growth > limit
        }.map(\.text)
    }

    /// One line a figure.
    package func report() throws -> String { try figures().map(\.text).joined(separator: "\n") }

    private struct Figure {
        let name: String
        let unit: String
        let growth: Double
        let last: Double
        var text: String { String(format: "%@: %+.2f %@, %.1f at the end", name, growth, unit, last) }
    }

    private func figures() throws -> [Figure] {
        let start = elapsed / 3
        return try [("MiB", memory), ("fds", descriptors), ("rows", rows)].flatMap { unit, all in
            try all.sorted { $0.key < $1.key }.map { name, growth in
                guard let total = growth.total(from: start) else { throw TestFailure("too few samples of \(name)") }
                return Figure(name: name, unit: unit, growth: total, last: growth.last)
            }
        }
    }

    private static func megabytes(of id: Int32) throws -> Double {
        let status = try String(contentsOfFile: "/proc/\(id)/status", encoding: .utf8)
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") } ?? ""
        return (line.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Double($0) } ?? 0) / 1024
    }
}
