extension AMQPURI {
    /// Reads a connection URI.
    ///
    /// User and password default to `guest`, the port to 5672 (5671 with TLS), the heartbeat to 10 s and the connection
    /// timeout to 10 s. An absent or empty path is the virtual host `/`; so is `/%2F`.
    ///
    /// - Throws: `invalidURI`, with a message that never repeats the credentials.
    public init(parsing text: String) throws(AMQPError) {
        guard let schemeEnd = text.firstRange(of: "://") else {
            throw Self.invalid("it must begin with amqp:// or amqps://")
        }
        let isSecure: Bool
        switch text[..<schemeEnd.lowerBound].lowercased() {
        case "amqp": isSecure = false
        case "amqps": isSecure = true
        default: throw Self.invalid("it must begin with amqp:// or amqps://")
        }
        var rest = text[schemeEnd.upperBound...]
        if rest.contains("#") { throw Self.invalid("a fragment has no meaning; write # as %23") }
        var query: Substring = ""
        if let mark = rest.firstIndex(of: "?") {
            query = rest[rest.index(after: mark)...]
            rest = rest[..<mark]
            if query.contains("@") { throw Self.invalid("write ? in a password as %3F, and @ in a parameter as %40") }
        }
        var path: Substring = ""
        if let slash = rest.firstIndex(of: "/") {
            path = rest[rest.index(after: slash)...]
            rest = rest[..<slash]
            if path.contains("@") { throw Self.invalid("write / in a password as %2F, and @ in a virtual host as %40") }
        }
        var credentials: Substring?
        if let at = rest.lastIndex(of: "@") {
            credentials = rest[..<at]
            rest = rest[rest.index(after: at)...]
        }
        (username, password) = try Self.credentials(credentials)
        hosts = try Self.hosts(rest, defaultPort: isSecure ? 5671 : 5672)
        if path.contains("/") { throw Self.invalid("the virtual host must be one segment; write / in it as %2F") }
        virtualHost = path.isEmpty ? "/" : try Self.decode(path, "the virtual host")
        if virtualHost.utf8.count > 255 { throw Self.invalid("the virtual host is over 255 bytes") }
        tls = isSecure ? TLS() : nil
        heartbeat = .seconds(10)
        connectionTimeout = .seconds(10)
        channelMax = 0
        for pair in query.split(separator: "&") { try apply(parameter: pair) }
        if let name = tls?.serverName, hosts.contains(where: { $0.name != name }) {
            throw Self.invalid("server_name_indication must be the host's own name: connect by that name")
        }
        if let tls, (tls.certificate == nil) != (tls.key == nil) {
            throw Self.invalid("certfile and keyfile belong together")
        }
    }

    private mutating func apply(parameter pair: Substring) throws(AMQPError) {
        let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        let name = try Self.decode(parts[0], "a parameter's name")
        guard parts.count == 2 else { throw Self.invalid("parameter \(name) has no value") }
        let value = try Self.decode(parts[1], "parameter \(name)")
        switch name {
        case "heartbeat": heartbeat = .seconds(try Self.number(value, name, in: 0...3600))
        case "connection_timeout": connectionTimeout = .milliseconds(try Self.number(value, name, in: 1...600_000))
        case "channel_max": channelMax = UInt16(try Self.number(value, name, in: 0...65_535))
        case "cacertfile", "certfile", "keyfile", "verify", "server_name_indication":
            guard var secure = tls else { throw Self.invalid("parameter \(name) needs amqps://") }
            switch name {
            case "cacertfile": secure.authorities = value
            case "certfile": secure.certificate = value
            case "keyfile": secure.key = value
            case "server_name_indication": secure.serverName = value
            default:
                guard value == "verify_peer" || value == "verify_none" else {
                    throw Self.invalid("parameter verify must be verify_peer or verify_none")
                }
                secure.verify = value == "verify_peer"
            }
            tls = secure
        default: throw Self.invalid("unknown parameter \(name)")
        }
    }

    private static func credentials(_ text: Substring?) throws(AMQPError) -> (String, String) {
        guard let text else { return ("guest", "guest") }
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let username = try decode(parts[0], "the user name")
        if username.isEmpty { throw invalid("the user name is empty") }
        return (username, parts.count == 2 ? try decode(parts[1], "the password") : "")
    }

    private static func hosts(_ text: Substring, defaultPort: UInt16) throws(AMQPError) -> [Host] {
        if text.isEmpty { return [Host(name: "localhost", port: defaultPort)] }
        var hosts: [Host] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            hosts.append(try host(part, defaultPort: defaultPort))
        }
        return hosts
    }

    private static func host(_ text: Substring, defaultPort: UInt16) throws(AMQPError) -> Host {
        var name = text
        var port: Substring?
        if text.first == "[" {
            guard let bracket = text.firstIndex(of: "]") else { throw invalid("an IPv6 address lacks its ]") }
            name = text[text.index(after: text.startIndex)..<bracket]
            let tail = text[text.index(after: bracket)...]
            if !tail.isEmpty {
                guard tail.first == ":" else { throw invalid("a host has characters after its ]") }
                port = tail.dropFirst()
            }
        } else if let colon = text.firstIndex(of: ":") {
            name = text[..<colon]
            port = text[text.index(after: colon)...]
            if port?.contains(":") == true { throw invalid("an IPv6 address belongs in brackets") }
        }
        let decoded = try decode(name, "a host")
        if decoded.isEmpty { throw invalid("a host is empty") }
        guard let port else { return Host(name: decoded, port: defaultPort) }
        return Host(name: decoded, port: UInt16(try number(String(port), "port", in: 1...65_535)))
    }

    private static func number(_ text: String, _ name: String, in range: ClosedRange<Int>) throws(AMQPError) -> Int {
        guard !text.isEmpty, text.utf8.allSatisfy({ (48...57).contains($0) }), let value = Int(text),
            range.contains(value)
        else { throw invalid("\(name) must be a number from \(range.lowerBound) to \(range.upperBound)") }
        return value
    }

    /// Percent-decoding. U+0000 is refused: these texts become C strings.
    private static func decode(_ text: Substring, _ what: String) throws(AMQPError) -> String {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let high = rest.popFirst().flatMap(hexDigit), let low = rest.popFirst().flatMap(hexDigit) else {
                throw invalid("\(what) has a % without two hexadecimal digits")
            }
            bytes.append(high << 4 | low)
        }
        guard !bytes.contains(0), let decoded = String(validating: bytes, as: UTF8.self) else {
            throw invalid("\(what) is not text")
        }
        return decoded
    }

    private static func hexDigit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 48...57: byte - 48
        case 65...70: byte - 55
        case 97...102: byte - 87
        default: nil
        }
    }

    private static func invalid(_ reason: String, file: String = #fileID, line: Int = #line) -> AMQPError {
        AMQPError(.invalidURI, "the connection URI cannot be used: \(reason)", file: file, line: line)
    }
}
