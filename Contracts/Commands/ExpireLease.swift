/// Ends a lease whose time is up. The schedule sends it; it acts only if the fence still matches and the time is past,
/// so that a renewal always wins.
public struct ExpireLease: Command, Hashable {
    /// The lease.
    public var leaseId = UniqueID.zero
    /// The fence that was in force when the expiry was scheduled.
    public var fence = 0

    /// A command of defaults.
    public init() {}

    /// Ends the lease if its fence is still `fence`.
    public init(leaseId: UniqueID, fence: Int) {
        self.leaseId = leaseId
        self.fence = fence
    }

    /// The fields of the payload.
    public static let fields: FieldTable<ExpireLease> = [
        .required("leaseId", \.leaseId, .uniqueID, "The lease."),
        .required("fence", \.fence, Limits.fence, "The fence in force when the expiry was scheduled."),
    ]

    /// What an expiry is answered with.
    public typealias Completion = LeaseExpired
    /// `expire-lease`.
    public static let name: CommandName = "expire-lease"
    /// What it does.
    public static let summary = "Ends a lease whose time is up; sent by the schedule."
    /// A usual command.
    public static let example = ExpireLease(leaseId: .exampleLease, fence: 1)
    /// Its completion.
    public static let completionExample = LeaseExpired(
        leaseId: .exampleLease, ip: "192.0.2.17", holder: "shop-7", quarantinedUntil: .example + .seconds(300),
        expired: true)
}

/// The completion of ``ExpireLease``, also when there was nothing left to end.
public struct LeaseExpired: Message, Hashable {
    /// The lease.
    public var leaseId = UniqueID.zero
    /// Its address.
    public var ip = ""
    /// Who held it.
    public var holder = ""
    /// Until when the address is lent to nobody, if the lease ended now.
    public var quarantinedUntil: Timestamp?
    /// Whether this command ended the lease; it did not when the lease was renewed or released before.
    public var expired = false

    /// A completion of defaults.
    public init() {}

    /// The end of a lease, or the reason to leave it be.
    public init(leaseId: UniqueID, ip: String, holder: String, quarantinedUntil: Timestamp?, expired: Bool) {
        self.leaseId = leaseId
        self.ip = ip
        self.holder = holder
        self.quarantinedUntil = quarantinedUntil
        self.expired = expired
    }

    /// The fields of the completion.
    public static let fields: FieldTable<LeaseExpired> = [
        .required("leaseId", \.leaseId, .uniqueID, "The lease."),
        .required("ip", \.ip, Limits.address, "Its address."),
        .required("holder", \.holder, Limits.holder, "Who held it."),
        .optional("quarantinedUntil", \.quarantinedUntil, .timestamp, "Until when the address is lent to nobody."),
        .required(
            "expired", \.expired, .flag, "Whether this ended the lease: not if it was renewed or released before."),
    ]
}
