/// A request's head as the library parsed it, and the judgement whether a handler may see it.
///
/// libmicrohttpd 0.9.75 accepts repeated Content-Length fields, Content-Length together with Transfer-Encoding, and
/// names that are no tokens. Behind a proxy that reads them otherwise, each lets one client put words into another's
/// mouth (request smuggling, RFC 9112 §11.2). So the head is judged here, strictly, before anything else happens. Three
/// things cannot be seen from here: a line that ends in a bare LF and repeated blanks in the request line, both of
/// which RFC 9112 lets a server take, and a header line without a name, which the library drops. None moves the end of
/// a request.
struct RequestHead {
    let method: String
    let target: String
    let version: String
    let headers: HTTPHeaders

    /// A refusal: the connection is closed after it.
    struct Refusal: Error, Equatable {
        let status: Int
        let reason: String
    }

    /// A head that passed.
    struct Admitted {
        let method: HTTPMethod
        let path: String
        let query: String
        /// Nil for a chunked body.
        let contentLength: Int?
    }

    private static let maximumFields = 100

    /// Admits the head or says why not; pure.
    func admit() throws(Refusal) -> Admitted {
        guard version == "HTTP/1.1" || version == "HTTP/1.0" else {
            throw Refusal(status: 505, reason: "unsupported protocol version")
        }
        guard let method = HTTPMethod(rawValue: method) else { throw bad("unknown method") }
        try checkFields()
        try checkHost()
        let length = try contentLength()
        let (path, query) = try splitTarget(of: method)
        return Admitted(method: method, path: path, query: query, contentLength: length)
    }

    private func bad(_ reason: String) -> Refusal { Refusal(status: 400, reason: reason) }

    private func checkFields() throws(Refusal) {
        guard headers.fields.count <= Self.maximumFields else {
            throw Refusal(status: 431, reason: "too many header fields")
        }
        for (name, value) in headers.fields {
            guard !name.isEmpty, name.utf8.allSatisfy(Self.isToken) else { throw bad("malformed header name") }
            guard value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7f || $0 == 0x09 }) else {
                throw bad("malformed header value")
            }
        }
    }

    private func checkHost() throws(Refusal) {
        let count = headers.values(of: "Host").count
        guard count == 1 || (count == 0 && version == "HTTP/1.0") else { throw bad("exactly one Host is wanted") }
    }

    private func contentLength() throws(Refusal) -> Int? {
        let lengths = headers.values(of: "Content-Length")
        let codings = headers.values(of: "Transfer-Encoding")
        guard lengths.count <= 1 else { throw bad("repeated Content-Length") }
        guard codings.isEmpty || lengths.isEmpty else { throw bad("Content-Length with Transfer-Encoding") }
        if !codings.isEmpty {
            guard version == "HTTP/1.1", codings.count == 1, codings[0].lowercased() == "chunked" else {
                throw bad("the only transfer coding is chunked")
            }
            return nil
        }
        guard let text = lengths.first else { return 0 }
        guard !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let length = Int(text) else {
            throw bad("malformed Content-Length")
        }
        return length
    }

    private func splitTarget(of method: HTTPMethod) throws(Refusal) -> (path: String, query: String) {
        guard target.utf8.allSatisfy({ (0x21...0x7e).contains($0) }), !target.contains("#") else {
            throw bad("malformed request target")
        }
        if target == "*", method == .options { return ("*", "") }
        var origin = target[...]
        if !origin.hasPrefix("/") {
            // The absolute form, which every server must accept: the authority has no say here.
            guard let scheme = ["http://", "https://"].first(where: { origin.lowercased().hasPrefix($0) }) else {
                throw bad("malformed request target")
            }
            origin = origin.dropFirst(scheme.count).drop { $0 != "/" && $0 != "?" }
        }
        let parts = origin.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        guard let path = PercentEncoding.decode(parts[0]) else { throw bad("malformed request target") }
        return (path.isEmpty ? "/" : path, parts.count > 1 ? String(parts[1]) : "")
    }

    /// RFC 9110 §5.6.2.
    private static func isToken(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }
}
