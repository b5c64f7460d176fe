package import Contracts

/// Lines of one stream, as they go into a push.
package struct LokiPiece {
    /// The labels as compact JSON.
    package let labels: [UInt8]
    package let lines: ArraySlice<(Int64, LogEntry)>
}

/// The body of a push: Loki's JSON.
package enum LokiBody {
    /// What is said beside a line about its level; Loki's own name for it.
    package static let level = "detected_level"

    /// The streams of `logs`, each with its tenant among the labels if that is asked for.
    package static func pieces(of logs: GatheredLogs, labelled: Bool) -> [LokiPiece] {
        logs.streams().map { stream in
            LokiPiece(
                labels: labelled ? labels(stream.labels.json, tenant: stream.tenant) : stream.labels.json,
                lines: Array(stream.lines).sorted { $0.0 < $1.0 }[...])
        }
    }

    /// Writes the body.
    package static func encode(_ pieces: [LokiPiece]) -> [UInt8] {
        var writer = JSONWriter(capacity: 65_536)
        writer.beginObject()
        writer.key("streams")
        writer.beginList()
        for piece in pieces {
            writer.beginObject()
            writer.key("stream")
            writer.write(json: piece.labels)
            writer.key("values")
            writer.beginList()
            for (time, entry) in piece.lines {
                writer.beginList()
                writer.write(String(time))
                writer.write(entry.line.description)
                writer.write(json: metadata(of: entry))
                writer.endList()
            }
            writer.endList()
            writer.endObject()
        }
        writer.endList()
        writer.endObject()
        return writer.bytes
    }

    /// About how many bytes the lines of a command have in a body.
    package static func estimate(_ command: IngestLogs) -> Int {
        func size(_ entry: LogEntry) -> Int { entry.line.utf8.count + (entry.metadata?.json.count ?? 0) + 64 }
        let streams = (command.streams ?? []).lazy.map { stream in
            stream.entries.reduce(stream.labels.json.count) { $0 + size($1) }
        }
        return streams.reduce(0, +) + (command.records ?? []).reduce(0) { $0 + size($1.entry) + 32 }
    }

    /// How many labels a stream has, once the tenant is among them, beside the service's name.
    package static func countOfLabels(_ labels: LogLabels) -> Int {
        members(labels.json).count { $0.name != LokiTenancy.label && $0.name != LogLabels.serviceName } + 1
    }

    /// What is said beside a line, with its level. A level that the sender put there under the same name stays, and
    /// where all is full there is none.
    private static func metadata(of entry: LogEntry) -> [UInt8] {
        let level = "\"\(level)\":\"\((entry.severity ?? .unknown).rawValue)\"}"
        guard let json = entry.metadata?.json, json.count > 2 else { return Array("{\(level)".utf8) }
        // A quote inside a text is escaped, so this is the name and nothing else.
        guard json.firstRange(of: Array("\"\(Self.level)\":".utf8)) == nil else { return json }
        guard json.count + level.utf8.count <= LogLimits.metadata, hasRoom(json) else { return json }
        return json.dropLast() + Array(",\(level)".utf8)
    }

    /// Whether one more name may be there. They are counted only where there may be so many: each has six bytes.
    private static func hasRoom(_ json: [UInt8]) -> Bool {
        json.count < LogLimits.metadataNames * 6 || members(json).count < LogLimits.metadataNames
    }

    /// The labels with the tenant, sorted. What the sender calls by that name is no word about its tenant.
    private static func labels(_ json: [UInt8], tenant: String) -> [UInt8] {
        var text = JSONWriter(capacity: 64)
        text.write(tenant)
        var all = members(json).filter { $0.name != LokiTenancy.label }
        all.append((LokiTenancy.label, .raw(text.bytes)))
        all.sort { $0.name < $1.name }
        var writer = JSONWriter(capacity: json.count + 64)
        JSONTree.object(all).write(to: &writer)
        return writer.bytes
    }

    private static func members(_ json: [UInt8]) -> [(name: String, value: JSONTree)] {
        guard case .object(let members)? = try? JSONTree(parsing: json) else { return [] }
        return members
    }
}
