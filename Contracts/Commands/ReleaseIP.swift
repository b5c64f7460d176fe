/// Gives an address back before its lease ends. Releasing a lease that has ended already is refused.
public struct ReleaseIP: Command, Hashable {
    /// The lease.
    public var leaseId = UniqueID.zero
    /// Who holds it.
    public var holder = ""
    /// The fence that the holder knows; another one in force refuses the command.
    public var fence: Int?

    /// A command of defaults.
    public init() {}

    /// Ends the lease of `holder`.
    public init(leaseId: UniqueID, holder: String, fence: Int? = nil) {
        self.leaseId = leaseId
        self.holder = holder
        self.fence = fence
    }

    /// The fields of the payload.
    public static let fields: FieldTable<ReleaseIP> = [
        .required("leaseId", \.leaseId, .uniqueID, "The lease."),
        .required("holder", \.holder, Limits.holder, "Who holds it."),
        .optional("fence", \.fence, Limits.fence, "The fence that the holder knows; it must be the one in force."),
    ]

    /// What a release is answered with.
    public typealias Completion = IPReleased
    /// `release-ip`.
    public static let name: CommandName = "release-ip"
    /// What it does.
    public static let summary = "Gives an address back before its lease ends."
    /// A usual command.
    public static let example = ReleaseIP(leaseId: .exampleLease, holder: "shop-7", fence: 1)
    /// Its completion.
    public static let completionExample = IPReleased(
        leaseId: .exampleLease, ip: "192.0.2.17", quarantinedUntil: .example + .seconds(300))
}

/// The completion of ``ReleaseIP``.
public struct IPReleased: Message, Hashable {
    /// The lease that ended.
    public var leaseId = UniqueID.zero
    /// Its address.
    public var ip = ""
    /// Until when the address is lent to nobody.
    public var quarantinedUntil = Timestamp.epoch

    /// A completion of defaults.
    public init() {}

    /// An ended lease.
    public init(leaseId: UniqueID, ip: String, quarantinedUntil: Timestamp) {
        self.leaseId = leaseId
        self.ip = ip
        self.quarantinedUntil = quarantinedUntil
    }

    /// The fields of the completion.
    public static let fields: FieldTable<IPReleased> = [
        .required("leaseId", \.leaseId, .uniqueID, "The lease that ended."),
        .required("ip", \.ip, Limits.address, "Its address."),
        .required("quarantinedUntil", \.quarantinedUntil, .timestamp, "Until when the address is lent to nobody."),
    ]
}
