package import Contracts
package import HTTPClient

/// What Loki's answer to a push means.
package enum LokiAnswer: Equatable, Sendable {
    /// All lines are kept.
    case taken
    /// Some lines will never be kept; what Loki says about them. It may have kept the others.
    case refused(String)
    /// No line can be said to be kept, and it is not the lines' doing: the same push is to be made again.
    case away(code: String, message: String, retryAfter: Duration?)

    /// Reads an answer.
    package init(_ response: ClientResponse) {
        let said = Self.line(response.text)
        let isPage = response.header("Content-Type")?.lowercased().hasPrefix("text/html") ?? false
        switch response.status {
        case 204: self = .taken
        case 200 where !isPage: self = .taken
        // What is in front of Loki answers with pages; that it understood nothing is no fault of the lines.
        case 400 where !isPage, 422 where !isPage, 413: self = .refused(said.isEmpty ? "too large" : said)
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

    /// How many lines of how many were left out, by what an ingester says about one stream:
    /// `total ignored: 2 out of 5 for stream: {…}`.
    package static func ignored(_ text: String) -> (count: Int, total: Int)? {
        guard let place = text.firstRange(of: "total ignored: ") else { return nil }
        let words = text[place.upperBound...].split(separator: " ", maxSplits: 4)
        guard words.count >= 4, words[1] == "out", words[2] == "of", let count = Int(words[0]),
            let total = Int(words[3]), count >= 1, count <= total
        else { return nil }
        return (count, total)
    }

    /// The word for what Loki says about a line.
    package static func code(of text: String) -> Fault.Code {
        let text = text.lowercased()
        let words: [(String, Fault.Code)] = [
            ("too far behind", .outOfOrder), ("out of order", .outOfOrder), ("too old", .tooOld),
            ("too new", .tooFarAhead), ("max entry size", .lineTooLong), ("label names; limit", .tooManyLabels),
            ("label value too long", .labelValueTooLong), ("structured metadata", .metadataTooLarge),
        ]
        return words.first { text.contains($0.0) }?.1 ?? .lokiRefused
    }

    /// What Loki says, as one line that is not long.
    private static func line(_ text: String) -> String {
        var line = ""
        for scalar in text.unicodeScalars {
            guard line.utf8.count < 400 else { return line + "…" }
            let isControl = scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
            line.unicodeScalars.append(isControl ? " " : scalar)
        }
        while line.hasSuffix(" ") { line.removeLast() }
        return line
    }
}

extension Fault.Code {
    /// A line is further behind the newest of its stream than Loki allows.
    package static let outOfOrder: Self = "out-of-order"
    /// Loki does not take a line, and its own words say why.
    package static let lokiRefused: Self = "loki-refused"
}
