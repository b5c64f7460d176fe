import Glibc
import Contracts
import Synchronization

/// How much a line matters.
package enum LogLevel: Int, CaseIterable, Comparable, Sendable {
    case trace, debug, info, warning, error

    package var name: String { "\(self)" }

    package static func < (one: LogLevel, other: LogLevel) -> Bool { one.rawValue < other.rawValue }
}

/// The name of a piece of metadata. All names stand in one place, so that a dashboard can rely on them.
package struct LogKey: Hashable, Sendable {
    package let name: String

    package init(_ name: String) {
        self.name = name
    }

    /// What went wrong, in words.
    package static let error = LogKey("error")
    /// Which try it was, from 1.
    package static let attempt = LogKey("attempt")
    /// The message id of a command.
    package static let jobID = LogKey("job.id")
    /// The name of a command.
    package static let command = LogKey("job.command")
    /// The name of a queue.
    package static let queue = LogKey("amqp.queue")
    /// Product, version and address of the broker.
    package static let broker = LogKey("amqp.broker")
    /// The process id of the session on the database server.
    package static let databaseBackend = LogKey("postgres.backend")
    /// How many.
    package static let count = LogKey("count")
    /// Why, as somebody else put it.
    package static let reason = LogKey("reason")
    /// The port that health checks and metrics are answered on.
    package static let port = LogKey("http.port")
    /// The health check that failed.
    package static let check = LogKey("health.check")
    /// A time in seconds.
    package static let seconds = LogKey("seconds")
    /// The number of a signal.
    package static let signal = LogKey("signal")
}

/// A piece of metadata. Never a payload, never a secret.
package enum LogValue: Sendable {
    case string(String)
    case int(Int)
    case double(Double)
    case bool(Bool)
}

/// Writes one line an event to stdout: a JSON object, or text on a terminal.
///
/// The message is constant text; what varies is metadata. One `write` a line, so lines of several threads do not mix.
package struct Logger: Sendable {
    /// How a line looks.
    package enum Format: String, CaseIterable, Sendable {
        case json, text
    }

    let service: String
    let version: String
    let level: LogLevel
    let format: Format
    private let sink: @Sendable ([UInt8]) -> Void

    /// - Parameter sink: where lines go; stdout unless a test collects them.
    package init(
        service: String, version: String, level: LogLevel = .info, format: Format? = nil,
        sink: (@Sendable ([UInt8]) -> Void)? = nil
    ) {
        self.service = service
        self.version = version
        self.level = level
        self.format = format ?? (isatty(1) == 1 ? .text : .json)
        self.sink = sink ?? Logger.standardOutput
    }

    /// Writes a line of the finest detail.
    package func trace(_ message: StaticString, _ metadata: @autoclosure () -> [(LogKey, LogValue)] = []) {
        log(.trace, message, metadata())
    }

    /// Writes a line for whoever looks for a fault.
    package func debug(_ message: StaticString, _ metadata: @autoclosure () -> [(LogKey, LogValue)] = []) {
        log(.debug, message, metadata())
    }

    /// Writes a line about the ordinary course of things.
    package func info(_ message: StaticString, _ metadata: @autoclosure () -> [(LogKey, LogValue)] = []) {
        log(.info, message, metadata())
    }

    /// Writes a line about what mends itself, or should be looked at.
    package func warning(_ message: StaticString, _ metadata: @autoclosure () -> [(LogKey, LogValue)] = []) {
        log(.warning, message, metadata())
    }

    /// Writes a line about what needs a person.
    package func error(_ message: StaticString, _ metadata: @autoclosure () -> [(LogKey, LogValue)] = []) {
        log(.error, message, metadata())
    }

    /// Writes a line if its level is wanted; else the metadata is not even made, and the call costs a comparison.
    package func log(
        _ level: LogLevel, _ message: StaticString, _ metadata: @autoclosure () -> [(LogKey, LogValue)]
    ) {
        guard level >= self.level else { return }
        sink(format == .json ? json(level, message, metadata()) : text(level, message, metadata()))
    }

    private func json(_ level: LogLevel, _ message: StaticString, _ metadata: [(LogKey, LogValue)]) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("ts")
        writer.write(Timestamp.now)
        writer.key("level")
        writer.write(level.name)
        writer.key("msg")
        writer.write(message.description)
        writer.key("service")
        writer.write(service)
        writer.key("version")
        writer.write(version)
        writer.key("pid")
        writer.write(Int(getpid()))
        for (key, value) in metadata {
            writer.key(key.name)
            switch value {
            case .string(let text): writer.write(Self.bounded(text))
            case .int(let number): writer.write(number)
            case .double(let number): writer.write(number)
            case .bool(let flag): writer.write(flag)
            }
        }
        writer.endObject()
        return writer.bytes + [0x0A]
    }

    private func text(_ level: LogLevel, _ message: StaticString, _ metadata: [(LogKey, LogValue)]) -> [UInt8] {
        var line = "\(Timestamp.now.rfc3339) \(level.name) \(service): \(message)"
        for (key, value) in metadata {
            let shown =
                switch value {
                case .string(let text): Self.quoted(Self.bounded(text))
                case .int(let number): String(number)
                case .double(let number): String(number)
                case .bool(let flag): String(flag)
                }
            line += " \(key.name)=\(shown)"
        }
        return Array(line.utf8) + [0x0A]
    }

    /// Bytes of a value that are written at most; collectors cut lines of more than 16 KiB in two.
    static let longestValue = 8192

    private static func bounded(_ text: String) -> String {
        guard text.utf8.count > longestValue else { return text }
        let end = text.utf8.index(text.startIndex, offsetBy: longestValue)
        return text[..<text.unicodeScalars.index(after: text.unicodeScalars.index(before: end))] + "…"
    }

    /// As it is, or quoted where blanks, quotes, `=` or control characters would be read wrongly, or drawn on a
    /// terminal.
    private static func quoted(_ text: String) -> String {
        let isPlain = text.unicodeScalars.allSatisfy { $0.value > 0x20 && $0 != "\"" && $0 != "=" && $0.value != 0x7F }
        return isPlain && !text.isEmpty ? text : text.debugDescription
    }

    private static let standardOutput: @Sendable ([UInt8]) -> Void = LineSink(descriptor: STDOUT_FILENO).write
}
