import Runtime

/// A server as it is logged on to. It has its password in clear: it is printed nowhere.
struct FleetServer: Sendable {
    /// What is known of a password.
    enum Password: Sendable, Equatable {
        /// The server takes a key.
        case none
        /// It takes this.
        case clear(String)
        /// It takes one that is not there.
        case missing
        /// It takes one that cannot be opened.
        case unreadable
    }

    let id: Int
    let ip: String
    let port: Int
    /// Who the list says logs in.
    let user: String
    let password: Password
    /// Whether our key opens it as the operator.
    let isOperated: Bool
    /// A kind and a key, or a hash of one.
    var hostKey: String?
    /// Whether a run has worked on it before, this one in the hands of another holder included: it may have got further
    /// than is known.
    let hasBegun: Bool
    /// Whether an earlier holder of this run has begun with it, and said nothing of it since.
    var isResumed = false
    /// What shops may have left there that were retired while it was out of reach.
    var forgotten: [ForgottenShop] = []

    /// The context in which imports seal passwords.
    static let passwordContext = "server/ssh-password"

    /// Reads the rows of ``ServerBook/logins(_:run:tenant:)``.
    static func read(_ rows: Rows, with keys: KeyRing) throws(PostgresError) -> [FleetServer] {
        var servers: [FleetServer] = []
        for row in 0..<rows.count {
            let sealed = try rows.get(row, 5, as: Bytes?.self)
            let usesPassword: Bool = try rows.get(row, 4)
            servers.append(
                FleetServer(
                    id: try rows.get(row, 0), ip: try rows.get(row, 1), port: try rows.get(row, 2),
                    user: try rows.get(row, 3), password: usesPassword ? open(sealed?.array, with: keys) : .none,
                    isOperated: try rows.get(row, 6), hostKey: try rows.get(row, 7), hasBegun: try rows.get(row, 8),
                    isResumed: try rows.get(row, 9)))
        }
        return servers
    }

    private static func open(_ sealed: [UInt8]?, with keys: KeyRing) -> Password {
        guard let sealed else { return .missing }
        guard let bytes = try? keys.open(sealed, context: passwordContext),
            let text = String(validating: bytes, as: UTF8.self)
        else { return .unreadable }
        return text.isEmpty ? .missing : .clear(text)
    }
}
