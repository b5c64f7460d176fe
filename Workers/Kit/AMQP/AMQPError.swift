/// The one error this module throws.
///
/// The description names what failed and what the broker said. It never prints a password, a message body or a header
/// value.
public struct AMQPError: Error, Sendable, CustomStringConvertible {
    /// What kind of failure it is. New codes may be added; compare with `==` and keep a default.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        /// The code's stable name.
        public let description: String

        init(_ description: String) { self.description = description }

        /// A connection URI that cannot be used as written.
        public static let invalidURI = Code("invalidURI")
        /// No TCP connection: name not found, refused, no route, or no answer in time.
        public static let unreachable = Code("unreachable")
        /// TLS could not be set up: certificate files, verification or handshake.
        public static let tls = Code("tls")
        /// The broker refused the user name or the password.
        public static let authenticationFailed = Code("authenticationFailed")
        /// The virtual host does not exist, or the user may not enter it.
        public static let virtualHostRefused = Code("virtualHostRefused")
        /// The connection ended: closed by the broker, cut, or silent for two heartbeats.
        public static let connectionLost = Code("connectionLost")
        /// The broker closed the channel; `replyCode` says why. The connection lives on.
        public static let channelClosed = Code("channelClosed")
        /// The broker did not answer within the time allowed.
        public static let timeout = Code("timeout")
        /// What was asked cannot be said in AMQP, such as a name over 255 bytes.
        public static let invalidArgument = Code("invalidArgument")
        /// The object was closed by its owner.
        public static let closed = Code("closed")
        /// The peer broke the protocol, or the library failed inside.
        public static let protocolViolation = Code("protocolViolation")
    }

    /// What kind of failure it is.
    public let code: Code
    /// What happened, for people.
    public let message: String
    /// The broker's reply code (404, 406, 320, …) when the broker spoke.
    public let replyCode: UInt16?
    /// The source file that raised the error.
    public let file: String
    /// The source line that raised the error.
    public let line: Int

    init(
        _ code: Code, _ message: String, replyCode: UInt16? = nil, file: String = #fileID, line: Int = #line
    ) {
        self.code = code
        self.message = message
        self.replyCode = replyCode
        self.file = file
        self.line = line
    }

    /// Whether the same attempt may succeed later without anybody changing a setting.
    ///
    /// A refused password counts as final here; a consumer or publisher keeps trying all the same, because a password
    /// may be rotated under it.
    public var isTransient: Bool {
        switch code {
        case .unreachable, .connectionLost, .timeout: true
        case .channelClosed: replyCode == 405 || replyCode == 506 || replyCode == 541
        default: false
        }
    }

    /// ``summary`` and the place in the source.
    public var description: String { "\(summary) (\(file):\(line))" }

    /// Code, reply code and message in one line.
    public var summary: String {
        let reply = replyCode.map { " \($0)" } ?? ""
        return "AMQP \(code)\(reply): \(message)"
    }
}
