package import HTTPClient

/// What Loki's answer to a push means.
package enum LokiAnswer: Equatable, Sendable {
    /// All lines are kept.
    case taken
    /// Some lines will never be kept; what Loki says about them. It may have kept the others.
    case refused(LokiRefusal)
    /// No line can be said to be kept, and it is not the lines' doing: the same push is to be made again.
    case away(code: String, message: String, retryAfter: Duration?)

    /// Reads an answer.
    package init(_ response: ClientResponse) {
        let said = LokiRefusal.line(response.text)
        let isPage = response.header("Content-Type")?.lowercased().hasPrefix("text/html") ?? false
        let isForeign = LokiRefusal.isMisconfigured(response.text)
        switch response.status {
        case 204: self = .taken
        // Loki says nothing more. Who says more is something else, and has kept nothing.
        case 200 where response.body.isEmpty: self = .taken
        // What is in front of Loki answers with pages; that it understood nothing is no fault of the lines.
        case 400 where !isPage && !isForeign, 422 where !isPage && !isForeign, 413:
            self = .refused(LokiRefusal(said.isEmpty ? "too large" : response.text))
        case 429:
            self = .away(
                code: "loki-limited", message: "Loki limits the rate: \(said)", retryAfter: response.retryAfter)
        case 408, 500...599:
            self = .away(
                code: "loki-unavailable", message: "Loki answers \(response.status): \(said)",
                retryAfter: response.retryAfter)
        default:
            self = .away(
                code: "loki-misconfigured", message: "Loki answers \(response.status): \(said)",
                retryAfter: response.retryAfter)
        }
    }

    /// Reads the lack of an answer.
    package init(_ error: ClientError) {
        let code = error.isTransient ? "loki-unavailable" : "loki-misconfigured"
        self = .away(code: code, message: "Loki gives no answer: \(error.message)", retryAfter: nil)
    }
}
