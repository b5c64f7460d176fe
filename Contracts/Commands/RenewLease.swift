/// Makes a lease last longer: `ttlSeconds` from now. It is refused when the lease has ended or is another's.
public struct RenewLease: Command, Hashable {
    /// The lease.
    public var leaseId = UniqueID.zero
    /// Who holds it.
    public var holder = ""
    /// How long it lasts from now on, in seconds.
    public var ttlSeconds = 3600
    /// The fence that the holder knows; another one in force refuses the command.
    public var fence: Int?

    /// A command of defaults.
    public init() {}

    /// Renews the lease of `holder`.
    public init(leaseId: UniqueID, holder: String, ttlSeconds: Int = 3600, fence: Int? = nil) {
        self.leaseId = leaseId
        self.holder = holder
        self.ttlSeconds = ttlSeconds
        self.fence = fence
    }

    /// The fields of the payload.
    public static let fields: FieldTable<RenewLease> = [
        .required("leaseId", \.leaseId, .uniqueID, "The lease."),
        .required("holder", \.holder, Limits.holder, "Who holds it."),
        .defaulted("ttlSeconds", \.ttlSeconds, Limits.leaseSeconds, "How long it lasts from now on, in seconds."),
        .optional("fence", \.fence, Limits.fence, "The fence that the holder knows; it must be the one in force."),
    ]

    /// What a renewal is answered with.
    public typealias Completion = LeaseRenewed
    /// `renew-lease`.
    public static let name: CommandName = "renew-lease"
    /// What it does.
    public static let summary = "Makes a lease last longer, counted from now."
    /// A usual command.
    public static let example = RenewLease(leaseId: .exampleLease, holder: "shop-7", ttlSeconds: 7200, fence: 1)
    /// Its completion.
    public static let completionExample = LeaseRenewed(
        leaseId: .exampleLease, ip: "192.0.2.17", expiresAt: .example + .seconds(7200), fence: 1)
}

/// The completion of ``RenewLease``.
public struct LeaseRenewed: Message, Hashable {
    /// The lease.
    public var leaseId = UniqueID.zero
    /// Its address.
    public var ip = ""
    /// When it ends now unless renewed.
    public var expiresAt = Timestamp.epoch
    /// The fence in force.
    public var fence = 0

    /// A completion of defaults.
    public init() {}

    /// A renewed lease.
    public init(leaseId: UniqueID, ip: String, expiresAt: Timestamp, fence: Int) {
        self.leaseId = leaseId
        self.ip = ip
        self.expiresAt = expiresAt
        self.fence = fence
    }

    /// The fields of the completion.
    public static let fields: FieldTable<LeaseRenewed> = [
        .required("leaseId", \.leaseId, .uniqueID, "The lease."),
        .required("ip", \.ip, Limits.address, "Its address."),
        .required("expiresAt", \.expiresAt, .timestamp, "When it ends now unless renewed."),
        .required("fence", \.fence, Limits.fence, "The fence in force."),
    ]
}
