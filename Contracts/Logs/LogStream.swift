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
        let start = reader.mark
        do throws(Fault) {
            try read(&reader)
        } catch {
            guard !reader.isStrict else { throw error }
            // What is not even JSON throws again.
            reader.rewind(to: start)
            try reader.skipValue()
            rejections.add(error, count: max(1, entries.count))
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
        let start = reader.mark
        do throws(Fault) {
            labels = try LogLabels(reading: &reader)
            return nil
        } catch {
            guard !reader.isStrict else { throw error }
            reader.rewind(to: start)
            try reader.skipValue()
            return error
        }
    }

    private mutating func readValues(_ reader: inout JSONReader) throws(Fault) {
        var place = 0
        try reader.enterList()
        while try reader.nextElement() {
            let start = reader.mark
            do throws(Fault) {
                var entry = try LogEntry(readingValue: &reader)
                entry.place = place
                entries.append(entry)
            } catch {
                let fault = error.inside(place)
                guard !reader.isStrict else { throw fault }
                reader.rewind(to: start)
                do throws(Fault) { try reader.skipValue() } catch { throw error.inside(place) }
                rejections.add(fault.inside("values"))
            }
            place += 1
        }
    }
}
