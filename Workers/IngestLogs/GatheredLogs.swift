package import Contracts
import Runtime

/// The lines of a batch by their streams. Pure: what is too old or too far ahead is judged by the time it is given.
package struct GatheredLogs {
    /// What tells streams apart.
    private struct Key: Hashable {
        let tenant: String
        let labels: LogLabels
    }

    /// What tells the streams of records apart: their labels are made once.
    private struct Origin: Hashable {
        let tenant: String
        let host: String?
        let service: String?
    }

    private let arrival: Int64
    private let earliest: Int64
    private let latest: Int64
    private var places: [Key: Int] = [:]
    private var origins: [Origin: Int] = [:]
    private var gathered: [GatheredStream] = []
    /// Whether a line was left out for its time.
    package private(set) var hasRefusedTimes = false

    /// Nothing yet; lines without a time count from `time`.
    package init(at time: Timestamp) {
        arrival = time.microseconds * 1000
        earliest = (time - LogLimits.age).microseconds * 1000
        latest = (time + LogLimits.ahead).microseconds * 1000
    }

    /// Takes the lines of a command that can be kept, and says what became of all.
    package mutating func add(_ command: IngestLogs, of tenant: String) -> LogsIngested {
        var accepted = 0
        var rejections = LogRejections()
        for (number, stream) in (command.streams ?? []).enumerated() {
            rejections.add(stream.rejections, inside: "/streams/\(number)")
            guard !stream.entries.isEmpty else { continue }
            let place = place(of: stream.labels, tenant)
            for entry in stream.entries {
                let pointer = { "/streams/\(number)/values/\(entry.place)/0" }
                accepted += keep(entry, at: place, pointer, &rejections)
            }
        }
        for (number, record) in (command.records ?? []).enumerated() {
            do throws(Fault) {
                if let fault = record.fault { throw fault }
                let place = try place(of: record, tenant)
                accepted += keep(record.entry, at: place, { "/records/\(number)/time" }, &rejections)
            } catch {
                rejections.add(error.code, error.message, at: "/records/\(number)\(error.pointer)")
            }
        }
        return LogsIngested(accepted: accepted, rejections: rejections)
    }

    /// The streams that have lines, sorted so that two workers take their locks in one order.
    package func streams() -> [GatheredStream] {
        gathered.filter { !$0.isEmpty }.sorted { ($0.tenant, $0.hash) < ($1.tenant, $1.hash) }
    }

    private mutating func place(of record: LogRecord, _ tenant: String) throws(Fault) -> Int {
        let origin = Origin(tenant: tenant, host: record.host, service: record.service)
        if let place = origins[origin] { return place }
        let place = place(of: try record.labels(), tenant)
        origins[origin] = place
        return place
    }

    private mutating func place(of labels: LogLabels, _ tenant: String) -> Int {
        let key = Key(tenant: tenant, labels: labels)
        if let place = places[key] { return place }
        places[key] = gathered.count
        gathered.append(GatheredStream(tenant: tenant, labels: labels))
        return gathered.count - 1
    }

    /// Keeps a line if its time allows it; returns how many lines that are.
    private mutating func keep(
        _ entry: LogEntry, at place: Int, _ pointer: () -> String, _ rejections: inout LogRejections
    ) -> Int {
        let time = entry.time ?? arrival
        guard time >= earliest else {
            hasRefusedTimes = true
            rejections.add(.tooOld, "A line is at most a week old when it arrives.", at: pointer())
            return 0
        }
        guard time <= latest else {
            hasRefusedTimes = true
            rejections.add(.tooFarAhead, "A line is at most ten minutes ahead of the clock here.", at: pointer())
            return 0
        }
        gathered[place].append(entry, at: time)
        return 1
    }
}
