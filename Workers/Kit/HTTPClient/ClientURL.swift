import CCurl

/// Where a request goes: an absolute http or https URL, and the name and password that stood in it.
package struct ClientURL: Sendable {
    /// The URL without user, password and fragment; safe to print.
    package let text: String
    /// What stood before the `@`.
    package let credentials: Credentials?

    /// Reads `http://user:password@host:port/path`.
    ///
    /// - Parameter path: put behind the URL's own path, escaped already, beginning with `/`.
    package init(_ text: String, adding path: String = "") throws(ClientError) {
        guard let parts = unsafe curl_url() else { throw ClientError(.failed, "no memory for a URL") }
        defer { unsafe curl_url_cleanup(parts) }
        // Spaces and control characters are refused by the library.
        guard !text.utf8.contains(0), unsafe curl_url_set(parts, CURLUPART_URL, text, 0) == CURLUE_OK else {
            throw Self.malformed
        }
        let scheme = try unsafe Self.part(CURLUPART_SCHEME, of: parts)
        let user = try unsafe Self.part(CURLUPART_USER, of: parts, decoded: true)
        let password = try unsafe Self.part(CURLUPART_PASSWORD, of: parts, decoded: true)
        // The library makes a host of the first part of the path when there is none.
        guard let scheme, scheme == "http" || scheme == "https", !text.lowercased().hasPrefix("\(scheme):///")
        else { throw Self.malformed }
        if !path.isEmpty {
            var whole = try unsafe Self.part(CURLUPART_PATH, of: parts) ?? ""
            while whole.hasSuffix("/") { whole.removeLast() }
            whole += path
            guard unsafe curl_url_set(parts, CURLUPART_PATH, whole, 0) == CURLUE_OK else { throw Self.malformed }
        }
        for part in [CURLUPART_USER, CURLUPART_PASSWORD, CURLUPART_FRAGMENT] {
            _ = unsafe curl_url_set(parts, part, nil, 0)
        }
        guard let bare = try unsafe Self.part(CURLUPART_URL, of: parts) else { throw Self.malformed }
        self.text = bare
        credentials = user.map { .basic(user: $0, password: password ?? "") }
    }

    /// Whether what is sent can be read on its way: it is not encrypted, and leaves this host.
    package var isOpen: Bool {
        let text = text.lowercased()
        guard text.hasPrefix("http://") else { return false }
        let host = text.dropFirst(7).prefix { !"/?".contains($0) }
        let name = host.hasPrefix("[") ? host.dropFirst().prefix { $0 != "]" } : host.prefix { $0 != ":" }
        let isLoopback = name.hasPrefix("127.") && name.allSatisfy { $0.isNumber || $0 == "." }
        return !isLoopback && name != "localhost" && name != "::1"
    }

    private static var malformed: ClientError {
        // The text may hold a password, so it is not repeated.
        ClientError(.malformedURL, "expected http://host:port or https://host:port")
    }

    /// `nil` when the URL has no such part.
    private static func part(
        _ part: CURLUPart, of parts: OpaquePointer, decoded: Bool = false
    ) throws(ClientError) -> String? {
        var text: UnsafeMutablePointer<CChar>?
        let flags: UInt32 = decoded ? UInt32(CURLU_URLDECODE) : 0
        let code = unsafe curl_url_get(parts, part, &text, flags)
        if code == CURLUE_NO_USER || code == CURLUE_NO_PASSWORD { return nil }
        guard code == CURLUE_OK, let found = unsafe text else { throw malformed }
        defer { unsafe curl_free(found) }
        return unsafe String(cString: found)
    }
}

/// What a request says about who sends it.
package enum Credentials: Sendable {
    case basic(user: String, password: String)
    case bearer(token: String)
}
