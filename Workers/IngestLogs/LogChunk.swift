package import Contracts

/// One row of `log_chunk`: lines of a stream in the order of their times.
package struct LogChunk {
    package private(set) var times: [Int64] = []
    package private(set) var severities: [LogSeverity] = []
    package private(set) var lines: [LogText] = []
    package private(set) var bytes = 0
    private var metadata: [LogMetadata?] = []
    private var hasMetadata = false

    /// The metadata of each line; nothing if there is none at all.
    package var columnOfMetadata: [LogMetadata?]? { hasMetadata ? metadata : nil }

    func isFull(before entry: LogEntry) -> Bool {
        !lines.isEmpty && (lines.count == LogLimits.chunkLines || bytes + entry.line.utf8.count > LogLimits.chunkBytes)
    }

    mutating func append(_ entry: LogEntry, at time: Int64) {
        times.append(time)
        severities.append(entry.severity ?? .unknown)
        lines.append(entry.line)
        metadata.append(entry.metadata)
        if entry.metadata != nil { hasMetadata = true }
        bytes += entry.line.utf8.count
    }
}
