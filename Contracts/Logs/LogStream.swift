/// Lines that share their labels, in the form of Loki's push API.
///
/// Reading one leaves out the lines that are at fault, and all of them when the labels are; ``rejections`` says why.
/// Only a strict reader throws for them.
public struct LogStream: Message, Hashable {
    /// What the lines have in common.
    public var labels = LogLabels()
    /// The lines.
    public var entries: [LogEntry] = []
    /// What was left out in reading, with pointers into the stream.
    public var rejections = LogRejections()

    /// A stream of nothing.
    public init() {}

    /// A stream of lines.
    public init(labels: LogLabels, entries: [LogEntry]) {
        self.labels = labels
        self.entries = entries
    }

    /// The fields of a stream.
    public static let fields: FieldTable<LogStream> = [
        .required(
            "stream", \.labels, .logLabels,
            "Labels: at most \(LogLimits.labels), names of letters, digits and _. service_name is added if absent."),
        .required(
            "values", \.entries, .list(of: .logValue, count: 0...200_000),
            "Lines: nanoseconds since 1970 as text, the line, and structured metadata if there is any."),
    ]

    /// Reads the stream that comes next.
    public init(reading reader: inout JSONReader) throws(Fault) {
        if let fault = try reader.tolerate({ reader throws(Fault) in try read(&reader) }) {
            rejections.add(fault, count: max(1, entries.count))
            entries = []
        }
    }

    private mutating func read(_ reader: inout JSONReader) throws(Fault) {
        var labelled = false
        var listed = false
        var labelFault: Fault?
        try reader.enterObject()
        while let key = try reader.nextKey() {
            let name = reader.text(of: key)
            do throws(Fault) {
                switch name {
                case "stream" where !labelled:
                    labelled = true
                    labelFault = try readLabels(&reader)
                case "values" where !listed:
                    listed = true
                    try readValues(&reader)
                case "stream", "values": throw Fault(.duplicateField, "The field is there twice.")
                default:
                    guard !reader.isStrict else { throw Fault(.unknownField, "There is no such field.") }
                    try reader.skipValue()
                }
            } catch { throw error.inside(name) }
        }
        if let labelFault { throw labelFault.inside("stream") }
        guard labelled, listed else {
            throw Fault(.missingField, at: labelled ? "/values" : "/stream", "The field is required.")
        }
    }

    /// Returns what is wrong with the labels instead of throwing it, so that the lines can be read and counted.
    private mutating func readLabels(_ reader: inout JSONReader) throws(Fault) -> Fault? {
        try reader.tolerate { reader throws(Fault) in labels = try LogLabels(reading: &reader) }
    }

    private mutating func readValues(_ reader: inout JSONReader) throws(Fault) {
        var place = 0
        try reader.enterList()
        while try reader.nextElement() {
            do throws(Fault) {
                let fault = try reader.tolerate { reader throws(Fault) in
                    var entry = try LogEntry(readingValue: &reader)
                    entry.place = place
                    entries.append(entry)
                }
                if let fault { rejections.add(fault.inside(place).inside("values")) }
            } catch { throw error.inside(place) }
            place += 1
        }
    }
}
