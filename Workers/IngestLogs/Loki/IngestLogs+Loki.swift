package import Contracts

extension IngestLogs {
    /// The same with a time for every record that has none: `base`, and a nanosecond more for each record before it.
    ///
    /// Two lines of equal time and text are one line to Loki: equal lines of one message must not have one time. What
    /// keeps those of different messages apart is ``LokiTimes``.
    package func timed(from base: Int64) -> IngestLogs {
        guard var records else { return self }
        for place in records.indices where records[place].entry.time == nil {
            records[place].entry.time = base + Int64(place)
        }
        return IngestLogs(records: records)
    }

    /// The same without the streams that would have a label too many with the tenant's, which are told as such.
    package func leavingRoomForTenant() -> IngestLogs {
        guard var streams else { return self }
        for place in streams.indices where LokiBody.countOfLabels(streams[place].labels) > LogLimits.labels {
            streams[place].rejections.add(
                .tooManyLabels, "A stream has at most \(LogLimits.labels) labels, that of the tenant counted.",
                at: "/stream", count: streams[place].entries.count)
            streams[place].entries = []
        }
        return IngestLogs(streams: streams)
    }

    /// The same with each line's place counted through the whole command, and the pointer of each.
    package func numbered() -> (command: IngestLogs, pointers: [String]) {
        var command = self
        var pointers: [String] = []
        for stream in (command.streams ?? []).indices {
            for entry in command.streams![stream].entries.indices {
                pointers.append("/streams/\(stream)/values/\(command.streams![stream].entries[entry].place)")
                command.streams![stream].entries[entry].place = pointers.count - 1
            }
        }
        for record in (command.records ?? []).indices {
            command.records![record].entry.place = pointers.count
            pointers.append("/records/\(record)")
        }
        return (command, pointers)
    }
}
