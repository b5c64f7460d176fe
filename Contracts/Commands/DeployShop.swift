/// Builds a shop's image from its configuration, ships it to the shop's server, and has the proxy there lead to it
/// without losing a request. The first deployment of a name makes the shop.
///
/// Whatever fails before the new version serves leaves the old one serving, and nothing behind.
public struct DeployShop: Command, Hashable {
    /// What the shop is called, among those of its tenant.
    public var shop = ""
    /// What stands above its pages.
    public var title = ""
    /// Where its customers write to.
    public var contactEmail = ""
    /// Where they call.
    public var contactPhone: String?
    /// The colour of what is most important.
    public var primaryColor = ""
    /// The colour of the rest.
    public var secondaryColor = ""
    /// The name that it is served under.
    public var domain = ""
    /// The lease of the address that it is served from; without one, an address is leased for the shop.
    public var lease: UniqueID?

    /// A command of defaults.
    public init() {}

    /// A shop in these words and colours.
    public init(
        shop: String, title: String, contactEmail: String, contactPhone: String? = nil, primaryColor: String,
        secondaryColor: String, domain: String, lease: UniqueID? = nil
    ) {
        self.shop = shop
        self.title = title
        self.contactEmail = contactEmail
        self.contactPhone = contactPhone
        self.primaryColor = primaryColor
        self.secondaryColor = secondaryColor
        self.domain = domain
        self.lease = lease
    }

    /// The fields of the payload.
    public static let fields: FieldTable<DeployShop> = [
        .required("shop", \.shop, Limits.shop, "What the shop is called, among those of its tenant."),
        .required("title", \.title, .text(1...120), "What stands above its pages."),
        .required("contactEmail", \.contactEmail, .text(3...254, .email), "Where its customers write to."),
        .optional("contactPhone", \.contactPhone, .text(1...40, .line), "Where they call."),
        .required("primaryColor", \.primaryColor, .text(7...7, .colour), "The colour of what is most important."),
        .required("secondaryColor", \.secondaryColor, .text(7...7, .colour), "The colour of the rest."),
        .required("domain", \.domain, Limits.domain, "The name that it is served under; no other shop has it."),
        .optional(
            "lease", \.lease, .uniqueID,
            "The lease of the address to serve it from; without one, an address is leased for the shop."),
    ]

    /// It works outside the database.
    public static let isLong = true
    /// What it is answered with.
    public typealias Completion = ShopDeployed
    /// `deploy-shop`.
    public static let name: CommandName = "deploy-shop"
    /// What it does.
    public static let summary = "Builds a shop, ships it to its server, and serves it without losing a request."
    /// A usual command.
    public static let example = DeployShop(
        shop: "teapots", title: "Ada's Teapots", contactEmail: "info@teapots.example",
        contactPhone: "+33 1 23 45 67 89", primaryColor: "#0f766e", secondaryColor: "#f59e0b",
        domain: "teapots.example")
    /// Its completion.
    public static let completionExample = ShopDeployed.example
}
