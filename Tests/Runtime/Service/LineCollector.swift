import Synchronization

@testable import Runtime

/// Keeps the lines a logger writes.
final class LineCollector: Sendable {
    private let all = Mutex<[String]>([])

    var lines: [String] { all.withLock { $0 } }

    func logger(level: LogLevel = .trace, format: Logger.Format) -> Logger {
        Logger(service: "lease-ip", version: "1.2.3", level: level, format: format) { [self] line in
            all.withLock { $0.append(String(decoding: line, as: UTF8.self)) }
        }
    }
}
