/// An answer of HTTP, as lines.
package struct WebAnswer: Sendable, Equatable {
    package let status: Int
    package let body: String

    package init(status: Int, body: String) { (self.status, self.body) = (status, body) }

    /// Reads what a server sent until it closed; `nil` for what is no answer.
    package init?(_ lines: [String]) {
        let clean = lines.map { $0.hasSuffix("\r") ? String($0.dropLast()) : $0 }
        let words = clean.first?.split(separator: " ") ?? []
        guard words.count >= 2, words[0].hasPrefix("HTTP/1."), let status = Int(words[1]),
            let end = clean.firstIndex(of: "")
        else { return nil }
        self.init(status: status, body: clean[(end + 1)...].joined(separator: "\n"))
    }

    /// The request that asks a version which one it is. It closes the connection.
    package static func question(to domain: String) -> [UInt8] {
        Array("GET /up HTTP/1.1\r\nHost: \(domain)\r\nUser-Agent: ruche\r\nConnection: close\r\n\r\n".utf8)
    }

    /// Whether this version answered.
    package func isUp(_ tag: String) -> Bool {
        status == 200 && body.split(whereSeparator: \.isWhitespace).map(String.init) == [tag]
    }
}
