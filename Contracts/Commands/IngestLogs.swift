/// Takes in lines of logs: as streams, in the form of Loki's push API, or as plain records.
///
/// What is at fault is left out and told in the completion; the rest is kept. A message that cannot be read at all
/// fails. With an id a message is stored once. Without one, as log shippers send it, it is stored at least once: when
/// the broker or the worker is lost between storing and acknowledging, its lines are there twice.
public struct IngestLogs: Command, Hashable {
    /// Lines by their labels.
    public var streams: [LogStream]?
    /// Lines as plain objects.
    public var records: [LogRecord]?

    /// A command of defaults.
    public init() {}

    /// Takes in lines by their labels.
    public init(streams: [LogStream]) { self.streams = streams }

    /// Takes in lines as plain objects.
    public init(records: [LogRecord]) { self.records = records }

    /// The fields of the payload.
    public static let fields: FieldTable<IngestLogs> = [
        .optional(
            "streams", \.streams, .list(of: .message, count: 0...200_000),
            "Lines by their labels, as Loki takes them."),
        .optional(
            "records", \.records, .list(of: .message, count: 0...200_000),
            "Lines as plain objects. Fields that are not listed become structured metadata."),
    ]

    /// Checks that the lines come in one of the two ways.
    public static func validate(_ message: IngestLogs) throws(Fault) {
        switch (message.streams, message.records) {
        case (nil, nil): throw Fault(.missingField, "One of streams and records is required.")
        case (_?, _?): throw Fault(.invalidValue, "Only one of streams and records may be given.")
        default: return
        }
    }

    /// Bytes of a line that are no text must not cost the line.
    public static let repairsText = true
    /// Log shippers set no id.
    public static let identity = Identity.optional
    /// The lines come in one of two ways.
    public static let alternatives = ["streams", "records"]

    /// What is answered.
    public typealias Completion = LogsIngested
    /// `ingest-logs`.
    public static let name: CommandName = "ingest-logs"
    /// What it does.
    public static let summary = "Takes in lines of logs, as Loki's streams or as plain records."
    /// A usual command.
    public static let example: IngestLogs = {
        let line = LogEntry(
            time: Timestamp.example.microseconds * 1000, line: "GET /cart 500 upstream timed out",
            metadata: LogMetadata(["trace_id": "0af7651916cd43dd8448eb211c80319c"]))
        do throws(Fault) {
            let labels = try LogLabels(["host": "web-1", "service": "shop-7", "level": "error"])
            return IngestLogs(streams: [LogStream(labels: labels, entries: [line])])
        } catch { preconditionFailure("the example is at fault: \(error)") }
    }()
    /// Its completion.
    public static let completionExample = LogsIngested(accepted: 1, rejections: LogRejections())
}
