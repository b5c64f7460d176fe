import Foundation

/// What a process and its children have used, as Linux tells it.
enum ProcessTree {
    private static let ticks = Double(sysconf(Int32(_SC_CLK_TCK)))

    /// Processor time in seconds, ended children included; 0 for a process that cannot be seen.
    static func processorSeconds(of root: Int32?) -> Double {
        guard let root else { return 0 }
        var children: [Int32: [Int32]] = [:]
        var used: [Int32: Double] = [:]
        for name in (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? [] {
            guard let id = Int32(name), let fields = stat(id) else { continue }
            // Behind the name: state, parent, and from the twelfth on the times of the process and of ended children.
            children[Int32(fields[1]) ?? 0, default: []].append(id)
            used[id] = fields[11...14].reduce(0) { $0 + (Double($1) ?? 0) } / ticks
        }
        var sum = 0.0
        var open = [root]
        while let id = open.popLast() {
            sum += used[id] ?? 0
            open += children[id] ?? []
        }
        return sum
    }

    /// The most memory that a process has had, in MiB.
    static func peakMemory(of id: Int32) -> Double {
        let status = (try? String(contentsOfFile: "/proc/\(id)/status", encoding: .utf8)) ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") } ?? ""
        return (line.split(separator: " ").dropFirst().first.flatMap { Double($0) } ?? 0) / 1024
    }

    private static func stat(_ id: Int32) -> [Substring]? {
        guard let text = try? String(contentsOfFile: "/proc/\(id)/stat", encoding: .utf8),
            let end = text.lastIndex(of: ")")
        else { return nil }
        let fields = text[text.index(after: end)...].split(separator: " ")
        return fields.count > 15 ? fields : nil
    }
}

/// The processes whose work a measurement accounts for.
struct Accounts {
    let worker: Int32
    private let broker = Self.server("RUCHE_BENCH_BROKER_PID")
    private let database = Self.server("RUCHE_BENCH_DATABASE_PID")

    /// Processor seconds of the worker, the broker and the database.
    var seconds: [Double] { [worker, broker, database].map(ProcessTree.processorSeconds) }

    private static func server(_ name: String) -> Int32? {
        ProcessInfo.processInfo.environment[name].flatMap(Int32.init)
    }
}
