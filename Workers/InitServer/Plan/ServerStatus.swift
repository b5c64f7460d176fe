import Runtime

/// What a server is for those who lease it: the column `status`.
enum ServerStatus: String, Sendable, CaseIterable, PostgresDecodable, PostgresEncodable {
    /// Nothing was done with it yet.
    case pending = "PENDING"
    /// A run works on it.
    case configuring = "CONFIGURING"
    /// A recipe has come to its end on it.
    case configured = "CONFIGURED"
    /// The last recipe has not.
    case error = "ERROR"
}
