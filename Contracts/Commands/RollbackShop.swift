/// Serves an earlier version of a shop again: its image is still on the server, and nothing is built.
public struct RollbackShop: Command, Hashable {
    /// The shop.
    public var shop = ""
    /// Which version, by its number or its tag; the one before the one that serves when it is absent.
    public var to: String?

    /// A command of defaults.
    public init() {}

    /// Goes back to a version.
    public init(shop: String, to: String? = nil) {
        self.shop = shop
        self.to = to
    }

    /// The fields of the payload.
    public static let fields: FieldTable<RollbackShop> = [
        .required("shop", \.shop, Limits.shop, "The shop."),
        .optional("to", \.to, Limits.shopTag, "Which version, by number or tag; without it, the one before."),
    ]

    /// It works outside the database.
    public static let isLong = true
    /// What it is answered with.
    public typealias Completion = ShopDeployed
    /// `rollback-shop`.
    public static let name: CommandName = "rollback-shop"
    /// What it does.
    public static let summary = "Serves an earlier version of a shop again, without building it."
    /// A usual command.
    public static let example = RollbackShop(shop: "teapots", to: "3")
    /// Its completion.
    public static let completionExample = ShopDeployed.example
}
