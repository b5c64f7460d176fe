/// Lends the address of a configured server to a holder, for a time.
///
/// It is refused when no free server meets the wishes; asking again later may succeed, under a new id.
public struct LeaseIP: Command, Hashable {
    /// Who will hold the lease; only this name can renew or release it.
    public var holder = ""
    /// How long the lease lasts unless renewed, in seconds.
    public var ttlSeconds = 3600
    /// Only servers of this provider.
    public var provider: String?
    /// Only servers with at least so many cores.
    public var minCores: Int?
    /// Only servers with at least so much memory, in MiB.
    public var minRamMb: Int?
    /// Only addresses in this network (CIDR).
    public var prefix: String?

    /// A command of defaults.
    public init() {}

    /// Asks for an address for `holder`.
    public init(
        holder: String, ttlSeconds: Int = 3600, provider: String? = nil, minCores: Int? = nil, minRamMb: Int? = nil,
        prefix: String? = nil
    ) {
        self.holder = holder
        self.ttlSeconds = ttlSeconds
        self.provider = provider
        self.minCores = minCores
        self.minRamMb = minRamMb
        self.prefix = prefix
    }

    /// The fields of the payload.
    public static let fields: FieldTable<LeaseIP> = [
        .required("holder", \.holder, Limits.holder, "Who will hold the lease; the same name renews and releases it."),
        .defaulted(
            "ttlSeconds", \.ttlSeconds, Limits.leaseSeconds, "How long the lease lasts unless renewed, in seconds."),
        .optional("provider", \.provider, Limits.provider, "Only servers of this provider."),
        .optional("minCores", \.minCores, .integer(1...4096), "Only servers with at least so many cores."),
        .optional("minRamMb", \.minRamMb, .integer(1...1_000_000_000), "Only servers with so much memory, in MiB."),
        .optional("prefix", \.prefix, .text(3...49, .ipPrefix), "Only addresses in this IPv4 or IPv6 network (CIDR)."),
    ]

    /// What an accepted lease is answered with.
    public typealias Completion = IPLeased
    /// `lease-ip`.
    public static let name: CommandName = "lease-ip"
    /// What it does.
    public static let summary = "Lends the address of a configured server to a holder, for a time."
    /// A usual command.
    public static let example = LeaseIP(
        holder: "shop-7", provider: "Example Hosting", minCores: 4, prefix: "192.0.2.0/24")
    /// Its completion.
    public static let completionExample = IPLeased(
        leaseId: .exampleLease, ip: "192.0.2.17", serverId: 17, holder: "shop-7", expiresAt: .example + .seconds(3600),
        fence: 1)
}

/// The completion of ``LeaseIP``: the holder may use the address until `expiresAt`.
public struct IPLeased: Message, Hashable {
    /// The lease.
    public var leaseId = UniqueID.zero
    /// The address.
    public var ip = ""
    /// The server that has the address.
    public var serverId = 0
    /// Who holds the lease.
    public var holder = ""
    /// When the lease ends unless renewed.
    public var expiresAt = Timestamp.epoch
    /// A number that grows with each lease of the address; whoever guards the server refuses smaller ones.
    public var fence = 0

    /// A completion of defaults.
    public init() {}

    /// A granted lease.
    public init(leaseId: UniqueID, ip: String, serverId: Int, holder: String, expiresAt: Timestamp, fence: Int) {
        self.leaseId = leaseId
        self.ip = ip
        self.serverId = serverId
        self.holder = holder
        self.expiresAt = expiresAt
        self.fence = fence
    }

    /// The fields of the completion.
    public static let fields: FieldTable<IPLeased> = [
        .required("leaseId", \.leaseId, .uniqueID, "The lease."),
        .required("ip", \.ip, Limits.address, "The address."),
        .required("serverId", \.serverId, .integer(), "The server that has the address."),
        .required("holder", \.holder, Limits.holder, "Who holds the lease."),
        .required("expiresAt", \.expiresAt, .timestamp, "When the lease ends unless renewed."),
        .required("fence", \.fence, Limits.fence, "Grows with each lease of the address: refuse smaller ones."),
    ]
}
