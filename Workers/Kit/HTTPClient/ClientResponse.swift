/// What the server answered, whatever its status.
package struct ClientResponse: Sendable {
    /// The status code.
    package let status: Int
    /// Header fields in the order in which they came.
    package let headers: [(name: String, value: String)]
    package let body: [UInt8]
    /// How long the server asks to be left alone (`Retry-After`, as seconds or as a date).
    package let retryAfter: Duration?

    package init(
        status: Int, headers: [(name: String, value: String)] = [], body: [UInt8] = [], retryAfter: Duration? = nil
    ) {
        self.status = status
        self.headers = headers
        self.body = body
        self.retryAfter = retryAfter
    }

    /// The first value of a header field; names compare without regard to case.
    package func header(_ name: String) -> String? {
        headers.first { $0.name.lowercased() == name.lowercased() }?.value
    }

    /// The body as text; bytes that are no UTF-8 become U+FFFD.
    package var text: String { String(decoding: body, as: UTF8.self) }
}
