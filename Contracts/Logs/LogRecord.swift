/// One line as a plain object: what most programs write when they log JSON, and syslog-ng's `$(format-json)`.
///
/// Names are taken in any case; of two names for the same thing the first counts. What has no meaning here becomes
/// structured metadata, values that are no text as the text that they are written with. A record at fault is read all
/// the same, and has its ``fault``; only a strict reader throws for it.
public struct LogRecord: Message, Hashable {
    /// The line with its time and its metadata.
    public var entry = LogEntry(time: nil, line: "")
    /// The machine that wrote it: the label `host`.
    public var host: String?
    /// The program that wrote it: the label `service_name`.
    public var service: String?
    /// Why the record cannot be taken, if it cannot.
    public var fault: Fault?

    /// An empty line.
    public init() {}

    /// A line.
    public init(_ line: LogEntry, host: String? = nil, service: String? = nil) {
        entry = line
        self.host = host
        self.service = service
    }

    /// The labels of the stream that the line belongs to. Throws for a text that is too long.
    public func labels() throws(Fault) -> LogLabels {
        var labels = [LogLabels.serviceName: service ?? ""]
        labels["host"] = host
        return try LogLabels(labels)
    }

    /// The fields of a record; any other becomes structured metadata.
    public static let fields: FieldTable<LogRecord> = [
        .required("message", \.message, .text(0...LogLimits.line), "The line; taken as msg, line and log too."),
        .optional(
            "time", \.time, .cell(1...64),
            "When it was written: RFC 3339, or seconds, milliseconds, microseconds or nanoseconds since 1970. Also as "
                + "timestamp, @timestamp, ts or isodate. Its arrival if absent."),
        .optional("host", \.host, .cell(0...LogLimits.labelValue), "The machine that wrote it, also as hostname."),
        .optional(
            "service", \.service, .cell(0...LogLimits.labelValue),
            "The program that wrote it, also as service_name, program, app or application."),
        .optional(
            "level", \.level, .cell(0...64),
            "How grave it is, also as severity, lvl, log_level or priority. Found in the line if absent."),
    ]

    /// Reads the record that comes next.
    public init(reading reader: inout JSONReader) throws(Fault) {
        fault = try reader.tolerate { reader throws(Fault) in try read(&reader) }
    }

    /// Writes the record with its metadata.
    public func write(to writer: inout JSONWriter) {
        writer.beginObject()
        Self.fields.write(self, to: &writer)
        if let metadata = entry.metadata, metadata.json.count > 2 {
            // The inside of one object among the fields of another.
            writer.write(json: metadata.json.dropFirst().dropLast())
        }
        writer.endObject()
    }

    private mutating func read(_ reader: inout JSONReader) throws(Fault) {
        // A bit for each part that is there.
        var taken: UInt8 = 0
        var rest = LogMetadata.Builder()
        try reader.enterObject()
        while let key = try reader.nextKey() {
            let name = reader.text(of: key)
            guard let text = try reader.readAnyTextBytes() else { continue }
            guard let part = Part(name), taken & part.rawValue == 0 else {
                rest.add(name, LogText(text))
                continue
            }
            taken |= part.rawValue
            do throws(Fault) { try take(part, text, name, &rest) } catch { throw error.inside(name) }
        }
        guard taken & Part.message.rawValue != 0 else {
            throw Fault(.missingField, at: "/message", "The field is required.")
        }
        entry.severity = entry.severity ?? rest.severity
        entry.metadata = try rest.finish()
    }

    private mutating func take(
        _ part: Part, _ text: ArraySlice<UInt8>, _ name: String, _ rest: inout LogMetadata.Builder
    ) throws(Fault) {
        switch part {
        case .message:
            entry.line = LogText(text)
            try LogEntry.check(entry.line)
        case .time:
            guard let time = LogTime.any(text) else {
                throw Fault(.timeInvalid, "Expected RFC 3339, or a number of seconds or less since 1970.")
            }
            entry.time = time
        case .host: host = try Self.label(text)
        case .service: service = try Self.label(text)
        case .level:
            entry.severity = LogSeverity(word: text)
            // A word that the severity does not spell out again is kept.
            let isSpelled = entry.severity.map { text.elementsEqual($0.rawValue.utf8) } ?? false
            if !isSpelled { rest.add(name, LogText(text)) }
        }
    }

    private static func label(_ text: ArraySlice<UInt8>) throws(Fault) -> String? {
        guard text.count <= LogLimits.labelValue else {
            throw Fault(.labelValueTooLong, "A label's text has at most \(LogLimits.labelValue) bytes.")
        }
        return text.isEmpty ? nil : String(decoding: text, as: UTF8.self)
    }

    /// What a field means.
    private enum Part: UInt8 {
        case message = 1, time = 2, host = 4, service = 8, level = 16

        init?(_ name: String) {
            guard name.utf8.count <= 14 else { return nil }
            switch name.lowercased() {
            case "message", "msg", "line", "log": self = .message
            case "time", "timestamp", "@timestamp", "ts", "isodate": self = .time
            case "host", "hostname": self = .host
            case "service", "service_name", "program", "app", "application": self = .service
            case let name where LogSeverity.fieldNames.contains(name): self = .level
            default: return nil
            }
        }
    }
}

extension LogRecord {
    /// The line as text, for the table of fields.
    private var message: String {
        get { entry.line.description }
        set { entry.line = LogText(newValue) }
    }

    /// The time as text, for the table of fields.
    private var time: String? {
        get { entry.time.map(LogTime.text) }
        set { entry.time = newValue.flatMap { LogTime.any(ArraySlice($0.utf8)) } }
    }

    /// The severity as text, for the table of fields.
    private var level: String? {
        get { entry.severity?.rawValue }
        set { entry.severity = newValue.flatMap { LogSeverity(word: $0.utf8) } }
    }
}
