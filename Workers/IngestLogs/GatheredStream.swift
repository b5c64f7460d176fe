package import Contracts
import Runtime

/// The lines of one stream in a batch.
package struct GatheredStream {
    package let tenant: String
    package let labels: LogLabels
    /// What finds the stream in the database: equal labels have equal hashes.
    package let hash: UniqueID
    /// How many lines and bytes of each severity.
    package private(set) var counts: [LogSeverity: (entries: Int, bytes: Int)] = [:]
    private var times: [Int64] = []
    private var entries: [LogEntry] = []
    private var isSorted = true

    init(tenant: String, labels: LogLabels) {
        self.tenant = tenant
        self.labels = labels
        let digest = Digest.blake2b(labels.json, count: 16)
        hash = UniqueID(
            high: digest[..<8].reduce(0) { $0 << 8 | UInt64($1) }, low: digest[8...].reduce(0) { $0 << 8 | UInt64($1) })
    }

    package var isEmpty: Bool { entries.isEmpty }

    mutating func append(_ entry: LogEntry, at time: Int64) {
        var entry = entry
        // What is said beside the line counts more than what is said for all lines, and that more than the line's text.
        let severity = entry.severity ?? labels.severity ?? LogSeverity(line: entry.line)
        entry.severity = severity
        let count = counts[severity] ?? (0, 0)
        counts[severity] = (count.entries + 1, count.bytes + entry.line.utf8.count)
        if let last = times.last, time < last { isSorted = false }
        times.append(time)
        entries.append(entry)
    }

    /// The lines with their times, in the order in which they came.
    package var lines: some Sequence<(Int64, LogEntry)> { zip(times, entries) }

    /// The lines in the order of their times, and of their arrival where times are equal, in pieces that a reader can
    /// take apart quickly.
    package func chunks() -> [LogChunk] {
        var order = Array(times.indices)
        if !isSorted { order.sort { (times[$0], $0) < (times[$1], $1) } }
        var chunks: [LogChunk] = []
        var chunk = LogChunk()
        for place in order {
            if chunk.isFull(before: entries[place]) {
                chunks.append(chunk)
                chunk = LogChunk()
            }
            chunk.append(entries[place], at: times[place])
        }
        chunks.append(chunk)
        return chunks
    }
}
