/// Takes a shop off the net: the proxy forgets its name, its containers and images go, and its place is free.
///
/// An address that was leased for the shop is given back; one that was given with the command that deployed it stays
/// its holder's.
///
/// A server that is gone for good keeps its shops until they are retired with ``force``.
public struct RetireShop: Command, Hashable {
    /// The shop.
    public var shop = ""
    /// Whether to keep an address that was leased for the shop, until its lease runs out.
    public var keepLease = false
    /// Only if this is the shop's lease and it is over: what the schedule sends when a lease is to end. A lease that
    /// was taken for the shop is renewed instead.
    public var ifEnded: UniqueID?
    /// Whether to retire the shop also when its server cannot be reached, or does not let us in. It is tried first. If
    /// it is in vain nothing there is touched, so that the shop may be served from there still: its name and its lease
    /// are free, and its address is lent to nobody until the server is initialised again, which removes what is left.
    public var force = false

    /// A command of defaults.
    public init() {}

    /// Retires a shop.
    public init(shop: String, keepLease: Bool = false, ifEnded: UniqueID? = nil, force: Bool = false) {
        self.shop = shop
        self.keepLease = keepLease
        self.ifEnded = ifEnded
        self.force = force
    }

    /// The fields of the payload.
    public static let fields: FieldTable<RetireShop> = [
        .required("shop", \.shop, Limits.shop, "The shop."),
        .defaulted(
            "keepLease", \.keepLease, .flag, "Whether to keep an address that was leased for it until the lease ends."),
        .optional(
            "ifEnded", \.ifEnded, .uniqueID,
            "Only if this is its lease and is over; one taken for the shop is renewed. The schedule asks so."),
        .defaulted(
            "force", \.force, .flag,
            "Whether to retire it also when its server is out of reach: nothing there is touched, so that the shop may "
                + "be served from there until the server is initialised again."),
    ]

    /// It works outside the database.
    public static let isLong = true
    /// What it is answered with.
    public typealias Completion = ShopRetired
    /// `retire-shop`.
    public static let name: CommandName = "retire-shop"
    /// What it does.
    public static let summary = "Takes a shop off the net, and gives back the address that was leased for it."
    /// A usual command.
    public static let example = RetireShop(shop: "teapots")
    /// Its completion.
    public static let completionExample = ShopRetired(
        shop: "teapots", domain: "teapots.example", address: "192.0.2.17", isRetired: true, leaseReleased: true,
        seconds: 2.25)
}

/// The completion of ``RetireShop``.
public struct ShopRetired: Message, Hashable {
    /// The shop.
    public var shop = ""
    /// The name that it was served under.
    public var domain = ""
    /// The address that it was served from.
    public var address = ""
    /// Whether it is off the net; not so when it was to be only if its lease was over, and that is not.
    public var isRetired = false
    /// Whether an address was given back.
    public var leaseReleased = false
    /// How long it took.
    public var seconds = 0.0
    /// Whether the server was out of reach, and nothing on it was touched: the shop was retired by force.
    public var isForgotten = false

    /// A completion of defaults.
    public init() {}

    /// A shop that is off the net, or was left.
    public init(
        shop: String, domain: String, address: String, isRetired: Bool, leaseReleased: Bool, seconds: Double,
        isForgotten: Bool = false
    ) {
        self.shop = shop
        self.domain = domain
        self.address = address
        self.isRetired = isRetired
        self.leaseReleased = leaseReleased
        self.seconds = seconds
        self.isForgotten = isForgotten
    }

    /// The fields of the completion.
    public static let fields: FieldTable<ShopRetired> = [
        .required("shop", \.shop, Limits.shop, "The shop."),
        .required("domain", \.domain, Limits.domain, "The name that it was served under."),
        .required("address", \.address, Limits.address, "The address that it was served from."),
        .required("retired", \.isRetired, .flag, "Whether it is off the net: false if its lease is not over."),
        .required("leaseReleased", \.leaseReleased, .flag, "Whether an address was given back."),
        .required("seconds", \.seconds, .number(0...1_000_000), "How long it took."),
        .defaulted(
            "forgotten", \.isForgotten, .flag,
            "Whether nothing on the server was touched, which was out of reach: it may serve the shop still."),
    ]
}
