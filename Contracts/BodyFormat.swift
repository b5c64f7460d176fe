/// What a content type says about a body.
enum BodyFormat {
    /// The body is the payload.
    case json
    /// The body is a CloudEvent in structured mode.
    case cloudEvent
    /// The body is not for us.
    case unsupported

    /// The format of a body with this content type. None at all counts as JSON, and so does `text/plain`: a client says
    /// that when it cannot say anything else, as syslog-ng does. Of the parameters only `charset` matters, and it must
    /// be UTF-8.
    init(contentType: String?) {
        guard let contentType, !contentType.isEmpty, contentType != Topology.commandContentType else {
            self = .json
            return
        }
        let parts = contentType.split(separator: ";").map { Self.trimmed($0).lowercased() }
        let charsets = parts.dropFirst().filter { $0.hasPrefix("charset=") }
        let isReadable = charsets.allSatisfy { charset in
            let name = charset.dropFirst("charset=".count)
            return ["utf-8", "utf8", "\"utf-8\"", "us-ascii"].contains(String(name))
        }
        let type = parts.first ?? ""
        switch type {
        case _ where !isReadable: self = .unsupported
        case "application/json", "text/plain": self = .json
        case "application/cloudevents+json": self = .cloudEvent
        case "application/cloudevents-batch+json": self = .unsupported
        default: self = type.hasPrefix("application/") && type.hasSuffix("+json") ? .json : .unsupported
        }
    }

    private static func trimmed(_ text: Substring) -> Substring {
        let start = text.drop { $0 == " " || $0 == "\t" }
        guard let end = start.lastIndex(where: { $0 != " " && $0 != "\t" }) else { return "" }
        return start[...end]
    }
}
