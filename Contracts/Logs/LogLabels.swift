/// The labels that tell one stream of lines from another, in the one form that equal sets have.
///
/// `service_name` is added as Loki does: it is the text of the first label of ``serviceNames`` there is, or
/// `unknown_service`. A label without text is as good as absent and is left out.
public struct LogLabels: Hashable, Sendable {
    /// The labels as compact JSON, sorted by name.
    public let json: [UInt8]
    /// What a label says about the severity of all lines, if one does.
    public let severity: LogSeverity?

    /// The label that every stream has.
    public static let serviceName = "service_name"
    /// What else may name a service, the best first.
    public static let serviceNames = [
        "service", "app", "application", "app_name", "name", "app_kubernetes_io_name", "container", "container_name",
        "k8s_container_name", "component", "workload", "job", "k8s_job_name",
    ]

    /// No labels at all.
    init() {
        json = Array("{}".utf8)
        severity = nil
    }

    /// The labels of a stream. Throws a ``Fault`` for what ``LogLimits`` does not allow.
    public init(_ labels: [String: String]) throws(Fault) {
        guard !labels.isEmpty else { throw Fault(.labelsMissing, "A stream needs at least one label.") }
        var all = labels.filter { !$0.value.isEmpty }
        if all[Self.serviceName] == nil {
            let name = Self.serviceNames.lazy.compactMap { all[$0] }.first
            all[Self.serviceName] = name ?? "unknown_service"
        }
        guard all.count <= LogLimits.labels + 1 else {
            throw Fault(.tooManyLabels, "A stream has at most \(LogLimits.labels) labels.")
        }
        var severity: LogSeverity?
        var writer = JSONWriter(capacity: 32 * all.count)
        writer.beginObject()
        for (name, text) in all.sorted(by: { $0.key < $1.key }) {
            try Self.check(name, text)
            writer.key(name)
            writer.write(text)
            if severity == nil, LogSeverity.isFieldName(name) { severity = LogSeverity(word: text.utf8) }
        }
        writer.endObject()
        json = writer.bytes
        self.severity = severity
    }

    /// Reads an object of names and texts.
    init(reading reader: inout JSONReader) throws(Fault) {
        try self.init(try Self.shape.read(&reader))
    }

    private static let shape = Shape<[String: String]>.labels(0...1000)

    private static func check(_ name: String, _ text: String) throws(Fault) {
        let isName =
            name.utf8.count <= LogLimits.labelName && name.utf8.first.map { !ASCII.isDigit($0) } ?? false
            && name.utf8.allSatisfy { ASCII.isLetter($0) || ASCII.isDigit($0) || $0 == UInt8(ascii: "_") }
        guard isName else {
            throw Fault(
                .labelNameInvalid, at: "/\(JSONPointer.token(name))",
                "A label's name is of letters, digits and _, does not begin with a digit, and has at most "
                    + "\(LogLimits.labelName) bytes.")
        }
        guard text.utf8.count <= LogLimits.labelValue else {
            throw Fault(
                .labelValueTooLong, at: "/\(name)", "A label's text has at most \(LogLimits.labelValue) bytes.")
        }
    }
}

extension Shape where Value == LogLabels {
    /// The labels of a stream.
    static var logLabels: Shape {
        Shape(kind: .labels(count: 1...LogLimits.labels + 1)) { (reader) throws(Fault) in
            try LogLabels(reading: &reader)
        } write: { labels, writer in
            writer.write(json: labels.json)
        }
    }
}
