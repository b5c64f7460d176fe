import Contracts

/// A row of a list whose cells are all valid.
struct ListedServer: Equatable {
    var isSsl: Bool
    var cores: Int32
    var ramMb: Int32
    var storageGb: Int32
    var sshUser: String
    var sshAuth: SSHAuth
    /// The plain password; it is sealed before it leaves the process.
    var sshPassword: String?
    var status: ServerStatus
    var provider: String?
    var ownerClientId: Int64
    var health: ServerHealth
    var lastSeenAt: Timestamp?
    var lastCheckAt: Timestamp?
    var hostKey: String?
}

/// How to log in to a server.
enum SSHAuth: String, CaseIterable {
    case password = "PASSWORD"
    case key = "KEY"
}

/// How far a server has come.
enum ServerStatus: String, CaseIterable {
    case pending = "PENDING"
    case configuring = "CONFIGURING"
    case configured = "CONFIGURED"
    case error = "ERROR"
}

/// What the last check found.
enum ServerHealth: String, CaseIterable {
    case ok = "OK"
    case warning = "WARN"
    case critical = "CRIT"
    case unknown = "UNKNOWN"
}

/// A row as it goes to the database: the server's key, and the server unless one of the other cells is at fault.
///
/// Rows at fault go there too, because a later row with the same key is at fault as well.
struct ListedRow: Equatable {
    var line: Int32
    /// Canonical text, so that equal addresses are equal texts.
    var ip: String
    var sshPort: Int32
    var server: ListedServer?
}
