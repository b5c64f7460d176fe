/// One request.
package struct ClientRequest: Sendable {
    /// The method, such as `POST`.
    package var method: String
    /// Where it goes.
    package var url: ClientURL
    /// Header fields. `Content-Length` and `Host` are the client's.
    package var headers: [(name: String, value: String)]
    /// Sent in place of what stood in the URL.
    package var credentials: Credentials?
    /// What is sent; empty for nothing.
    package var body: [UInt8]
    /// How long it may take as a whole; the client's ``ClientOptions/timeout`` when `nil`.
    package var timeout: Duration?
    /// Asked from the sending thread, about once a second or more often: whether to give the request up.
    package var isCancelled: (@Sendable () -> Bool)?

    package init(
        _ method: String, _ url: ClientURL, headers: [(name: String, value: String)] = [],
        credentials: Credentials? = nil, body: [UInt8] = [], timeout: Duration? = nil
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.credentials = credentials
        self.body = body
        self.timeout = timeout
    }
}

extension ClientRequest {
    /// Throws for what would not arrive as it is meant: a line break in a value would begin a field of somebody else's
    /// choosing.
    package func check() throws(ClientError) {
        guard !method.isEmpty, method.utf8.allSatisfy(Self.isToken) else {
            throw ClientError(.malformedRequest, "a method is of letters")
        }
        for (name, value) in headers {
            guard !name.isEmpty, name.utf8.allSatisfy(Self.isToken), value.utf8.allSatisfy(Self.isText) else {
                throw ClientError(.malformedRequest, "a header field is one line of text")
            }
        }
        let secrets: [String] =
            switch credentials ?? url.credentials {
            case .basic(let user, let password): [user, password]
            case .bearer(let token): [token]
            case nil: []
            }
        guard secrets.allSatisfy({ $0.utf8.allSatisfy(Self.isText) }) else {
            throw ClientError(.malformedRequest, "credentials are one line of text")
        }
    }

    private static func isToken(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }

    private static func isText(_ byte: UInt8) -> Bool { byte >= 0x20 && byte != 0x7F || byte == 0x09 }
}
