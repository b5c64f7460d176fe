/// What a line says besides its text: names with a text each, as one JSON object.
public struct LogMetadata: Hashable, Sendable {
    /// The names and texts as compact JSON, in the order in which they came.
    public let json: [UInt8]

    /// These names and texts, sorted by name.
    public init(_ texts: [String: String]) {
        var builder = Builder()
        for (name, text) in texts.sorted(by: { $0.key < $1.key }) { builder.add(name, LogText(text)) }
        json = builder.writer.bytes + [ASCII.closeBrace]
    }

    private init(json: [UInt8]) { self.json = json }

    /// Puts metadata together, one name after the other.
    struct Builder {
        fileprivate var writer = JSONWriter(capacity: 128)
        private var count = 0
        /// What a level field among the names says, if there is one.
        private(set) var severity: LogSeverity?

        init() { writer.beginObject() }

        /// Adds a name and its text.
        mutating func add(_ name: String, _ text: LogText) {
            writer.key(name)
            writer.write(text.description)
            count += 1
            if severity == nil, LogSeverity.isFieldName(name) { severity = LogSeverity(word: text.utf8) }
        }

        /// What was added, if anything was.
        func finish() throws(Fault) -> LogMetadata? {
            guard count > 0 else { return nil }
            guard count <= LogLimits.metadataNames, writer.bytes.count < LogLimits.metadata else {
                throw Fault(
                    .metadataTooLarge,
                    "A line has at most \(LogLimits.metadataNames) names and \(LogLimits.metadata) bytes beside it.")
            }
            return LogMetadata(json: writer.bytes + [ASCII.closeBrace])
        }
    }
}
