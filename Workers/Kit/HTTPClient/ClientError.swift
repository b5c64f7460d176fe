import CCurl

/// Why a request got no answer. An answer of any status is no error.
///
/// Names of hosts may be in the description; credentials, header values and bodies are not.
package struct ClientError: Error, Sendable, CustomStringConvertible {
    /// A kind of failure. Extensible: compare with the constants, and keep a default branch.
    package struct Code: Hashable, Sendable, CustomStringConvertible {
        package let description: String

        /// A code of its own, for a caller that adds one.
        package init(_ description: String) { self.description = description }

        /// The URL cannot be used as written, or is neither http nor https.
        package static let malformedURL = Code("malformed-url")
        /// A method, header or credential that cannot be said in HTTP.
        package static let malformedRequest = Code("malformed-request")
        /// The name of the host is not known.
        package static let unresolved = Code("unresolved")
        /// Nobody accepts connections there.
        package static let unreachable = Code("unreachable")
        /// No whole answer in time. The server may have done what was asked.
        package static let timedOut = Code("timed-out")
        /// TLS could not be set up: certificate files, verification or handshake.
        package static let tls = Code("tls")
        /// The connection ended before the answer did. The server may have done what was asked.
        package static let connectionLost = Code("connection-lost")
        /// The answer has more bytes than were allowed.
        package static let answerTooLarge = Code("answer-too-large")
        /// What came is no HTTP.
        package static let protocolViolation = Code("protocol-violation")
        /// The caller wanted it no longer. The server may have done what was asked.
        package static let cancelled = Code("cancelled")
        /// The library failed inside.
        package static let failed = Code("failed")
    }

    /// What kind of failure it is.
    package let code: Code
    /// What happened, for people.
    package let message: String
    package let file: String
    package let line: Int

    package init(_ code: Code, _ message: String, file: String = #fileID, line: Int = #line) {
        self.code = code
        self.message = message
        self.file = file
        self.line = line
    }

    /// Whether the same request may get an answer later without anybody changing a setting.
    package var isTransient: Bool {
        [.unresolved, .unreachable, .timedOut, .connectionLost].contains(code)
    }

    package var description: String { "\(code): \(message)" }
}

extension ClientError.Code {
    /// What a code of the library says about the request.
    init(_ code: CURLcode) {
        switch code {
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY: self = .unresolved
        case CURLE_COULDNT_CONNECT: self = .unreachable
        case CURLE_OPERATION_TIMEDOUT: self = .timedOut
        case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER,
            CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_CRL_BADFILE, CURLE_USE_SSL_FAILED:
            self = .tls
        case CURLE_GOT_NOTHING, CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_PARTIAL_FILE: self = .connectionLost
        case CURLE_WEIRD_SERVER_REPLY, CURLE_UNSUPPORTED_PROTOCOL, CURLE_BAD_CONTENT_ENCODING:
            self = .protocolViolation
        case CURLE_URL_MALFORMAT: self = .malformedURL
        case CURLE_ABORTED_BY_CALLBACK: self = .cancelled
        default: self = .failed
        }
    }
}
