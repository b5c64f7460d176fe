/// One line of a log.
public struct LogEntry: Hashable, Sendable {
    /// When it was written, in nanoseconds since 1970 UTC; absent for a line that counts from its arrival.
    public var time: Int64?
    /// The text.
    public var line: LogText
    /// What it says besides its text.
    public var metadata: LogMetadata?
    /// What a field beside the text says about its severity.
    public var severity: LogSeverity?
    /// Its place in the list that it came in, from 0.
    public var place = 0

    /// A line.
    public init(
        time: Int64?, line: LogText, metadata: LogMetadata? = nil, severity: LogSeverity? = nil
    ) {
        self.time = time
        self.line = line
        self.metadata = metadata
        self.severity = severity
    }

    /// Reads Loki's form: `["<nanoseconds>", "<line>", {metadata}?]`.
    init(readingValue reader: inout JSONReader) throws(Fault) {
        try reader.enterList()
        guard try reader.nextElement() else { throw Self.tooShort }
        do throws(Fault) {
            guard let time = LogTime.nanoseconds(try reader.readTextBytes()) else {
                throw Fault(.timeInvalid, "Expected nanoseconds since 1970 as text of digits.")
            }
            self.time = time
        } catch { throw error.inside(0) }
        guard try reader.nextElement() else { throw Self.tooShort }
        do throws(Fault) {
            line = LogText(try reader.readTextBytes())
            try Self.check(line)
        } catch { throw error.inside(1) }
        guard try reader.nextElement() else { return }
        do throws(Fault) { try readMetadata(&reader) } catch { throw error.inside(2) }
        guard try !reader.nextElement() else { throw Fault(.outOfRange, "Expected two or three values.") }
    }

    /// Checks the length of a line.
    static func check(_ line: LogText) throws(Fault) {
        guard line.utf8.count <= LogLimits.line else {
            throw Fault(.lineTooLong, "A line has at most \(LogLimits.line) bytes.")
        }
    }

    /// Writes Loki's form.
    func writeValue(to writer: inout JSONWriter) {
        writer.beginList()
        writer.write(String(time ?? 0))
        writer.write(line.description)
        if let metadata { writer.write(json: metadata.json) }
        writer.endList()
    }

    private mutating func readMetadata(_ reader: inout JSONReader) throws(Fault) {
        var builder = LogMetadata.Builder()
        try reader.enterObject()
        while let key = try reader.nextKey() {
            let name = reader.text(of: key)
            if let text = try reader.readAnyTextBytes() { builder.add(name, LogText(text)) }
        }
        metadata = try builder.finish()
        severity = builder.severity
    }

    private static var tooShort: Fault { Fault(.missingField, "Expected a time and a line.") }
}

extension Shape where Value == LogEntry {
    /// A line in Loki's form.
    static var logValue: Shape {
        let kinds: [ValueKind] = [
            .text(length: 1...19, pattern: .any), .text(length: 0...LogLimits.line, pattern: .any),
            .labels(count: 0...LogLimits.metadataNames),
        ]
        return Shape(kind: .tuple(kinds, optional: 1)) { (reader) throws(Fault) in
            try LogEntry(readingValue: &reader)
        } write: { entry, writer in
            entry.writeValue(to: &writer)
        }
    }
}
