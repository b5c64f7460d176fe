/// One whole request, body included.
package struct HTTPRequest: Sendable {
    /// What is asked for.
    package let method: HTTPMethod
    /// The path, percent-decoded: valid UTF-8 without U+0000. `*` for `OPTIONS *`.
    package let path: String
    /// What follows the question mark, as it came; empty when there is none.
    package let query: String
    package let headers: HTTPHeaders
    /// At most the server's `maximumBodySize`.
    package let body: [UInt8]

    package init(method: HTTPMethod, path: String, query: String = "", headers: HTTPHeaders = [:], body: [UInt8] = []) {
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers
        self.body = body
    }

    /// The value of a query parameter, decoded (`+` is a blank); empty for a bare `?name`, nil when it is not there.
    ///
    /// The first one wins. A value whose encoding is broken counts as absent.
    package func parameter(_ name: String) -> String? {
        for pair in query.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let decoded = parts.map { PercentEncoding.decode($0, plusIsBlank: true) }
            if decoded[0] == name { return decoded.count > 1 ? decoded[1] : "" }
        }
        return nil
    }
}
