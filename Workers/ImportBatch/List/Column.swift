import Contracts

/// The columns of a server list, in the order of ``ServerRow/columns``.
enum Column: Int, CaseIterable {
    case serverIp, isSsl, cores, ramMb, storageGb, sshUser, sshPort, sshAuth
    case status, provider, ownerClientId, sshPassword, health, lastSeenAt, lastCheckAt, hostKey

    /// The name as it stands in a header.
    var name: String { String(describing: self) }

    /// Whether each list must have it and each row must fill it.
    var isRequired: Bool { rawValue <= Column.sshAuth.rawValue }

    /// Whether its cells must never be shown.
    var isSecret: Bool { self == .sshPassword }
}
