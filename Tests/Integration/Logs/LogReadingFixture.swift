import Contracts
import Foundation
import Runtime
import TestSupport

/// What `ruche logs` prints about lines that the real worker stored.
extension IngestLogsFixture {
    /// A line to be stored.
    struct Line: Sendable {
        let time: Int64
        let text: String
        var labels = ["host": "web-1", "service": "shop"]
        var level: LogSeverity?
    }

    /// Stores lines with the worker, one message each for so many of them, and waits until they are there.
    func store(_ lines: [Line], in size: Int = .max, id: String = "lines") throws {
        var messages = 0
        for start in stride(from: 0, to: lines.count, by: min(size, lines.count)) {
            let part = lines[start..<min(start + min(size, lines.count), lines.count)]
            let streams = try Dictionary(grouping: part, by: \.labels).map { labels, lines in
                LogStream(
                    labels: try LogLabels(labels),
                    entries: lines.map { LogEntry(time: $0.time, line: LogText($0.text), metadata: $0.metadata) })
            }
            try load.publish(IngestLogs(streams: streams), id: "\(id) \(messages)")
            messages += 1
        }
        try load.settle()
        let wanted = (0..<messages).map { "\(id) \($0)" }
        for id in wanted {
            let event = try log.outcome(of: id)
            guard event.kind == .succeeded else { throw TestFailure(String(decoding: event.data, as: UTF8.self)) }
            let completion = try LogsIngested(json: event.data)
            guard completion.rejected == 0 else { throw TestFailure("\(completion.reasons)") }
        }
    }

    /// The texts that a command line finds, in the order in which they are printed.
    func found(_ words: [String]) throws -> [String] {
        let run = try cluster.run("ruche", ["logs", "-o", "jsonl"] + words)
        guard run.status == 0 else { throw TestFailure("ruche logs \(words): \(run.errors)") }
        return try Self.texts(run.output)
    }

    /// The texts of printed lines.
    static func texts(_ output: String) throws -> [String] {
        try output.split(separator: "\n").filter { $0.hasPrefix("{") }.map { line in
            let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
            return object?["line"] as? String ?? ""
        }
    }

    /// Nanoseconds so long ago.
    static func ago(_ seconds: Int64) -> Int64 { (Timestamp.now.microseconds - seconds * 1_000_000) * 1000 }
}

extension IngestLogsFixture.Line {
    fileprivate var metadata: LogMetadata? { level.map { LogMetadata(["level": $0.rawValue]) } }
}
