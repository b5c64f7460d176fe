/// One server of a list, each column as the text that stands in it.
///
/// Everything here is optional, because the importer reports all faults of all rows together, with their columns,
/// whichever way the list came. What it insists on is ``requiredColumns``.
public struct ServerRow: Message, Hashable {
    /// The address.
    public var serverIp: String?
    /// Whether it serves TLS.
    public var isSsl: String?
    /// The number of cores.
    public var cores: String?
    /// The memory in MiB.
    public var ramMb: String?
    /// The disk in GB.
    public var storageGb: String?
    /// The user to log in as.
    public var sshUser: String?
    /// The port to log in at.
    public var sshPort: String?
    /// How to log in.
    public var sshAuth: String?
    /// The state; taken for a new server only.
    public var status: String?
    /// The provider.
    public var provider: String?
    /// The client who owns it.
    public var ownerClientId: String?
    /// The password to log in with; taken for a new server only.
    public var sshPassword: String?
    /// The health last seen.
    public var health: String?
    /// When it was last seen.
    public var lastSeenAt: String?
    /// When it was last checked.
    public var lastCheckAt: String?
    /// The key by which the server proves that it is itself.
    public var hostKey: String?

    /// A row of nothing.
    public init() {}

    /// The fields of a row: the columns of the CSV.
    public static let fields: FieldTable<ServerRow> = [
        .optional("serverIp", \.serverIp, cell, "IPv4 or IPv6 address. Required, or the row is rejected."),
        .optional("isSsl", \.isSsl, cell, "Whether it serves TLS. Required, or the row is rejected."),
        .optional("cores", \.cores, cell, "Number of cores. Required, or the row is rejected."),
        .optional("ramMb", \.ramMb, cell, "Memory in MiB. Required, or the row is rejected."),
        .optional("storageGb", \.storageGb, cell, "Disk in GB. Required, or the row is rejected."),
        .optional("sshUser", \.sshUser, cell, "User to log in as. Required, or the row is rejected."),
        .optional("sshPort", \.sshPort, cell, "Port to log in at. Required, or the row is rejected."),
        .optional("sshAuth", \.sshAuth, cell, "How to log in. Required, or the row is rejected."),
        .optional("status", \.status, cell, "State of a new server."),
        .optional("provider", \.provider, cell, "Provider; that of the command if absent."),
        .optional("ownerClientId", \.ownerClientId, cell, "Client who owns it."),
        .optional("sshPassword", \.sshPassword, cell, "Password of a new server.", secret: true),
        .optional("health", \.health, cell, "Health last seen."),
        .optional("lastSeenAt", \.lastSeenAt, cell, "When it was last seen."),
        .optional("lastCheckAt", \.lastCheckAt, cell, "When it was last checked."),
        .optional("hostKey", \.hostKey, cell, "Key by which the server proves that it is itself."),
    ]

    /// The columns that each row must fill.
    public static let requiredColumns = [
        "serverIp", "isSsl", "cores", "ramMb", "storageGb", "sshUser", "sshPort", "sshAuth",
    ]

    /// All columns a list may have, in the order of ``cells``.
    public static let columns = fields.descriptions.map(\.name)

    /// The columns whose text must never be shown.
    public static let secretColumns = fields.descriptions.filter(\.isSecret).map(\.name)

    /// The texts of all columns in the order of ``columns``, empty where there is none.
    public var cells: [String] {
        [
            serverIp, isSsl, cores, ramMb, storageGb, sshUser, sshPort, sshAuth, status, provider, ownerClientId,
            sshPassword, health, lastSeenAt, lastCheckAt, hostKey,
        ].map { $0 ?? "" }
    }

    private static let cell = Shape<String>.cell(0...10_000)
}
