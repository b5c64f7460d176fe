/// A version of a shop is served: the completion of ``DeployShop`` and ``RollbackShop``.
public struct ShopDeployed: Message, Hashable {
    /// One of the two places that a shop's versions take turns in.
    public enum Slot: String, Sendable, CaseIterable {
        /// The first.
        case blue
        /// The second.
        case green

        /// The one beside it.
        public var other: Slot { self == .blue ? .green : .blue }
    }

    /// The shop.
    public var shop = ""
    /// The name that it is served under.
    public var domain = ""
    /// Where from.
    public var url = ""
    /// The address of its server.
    public var address = ""
    /// Which version: each deployment has the next number.
    public var version = 0
    /// The version's content: the same for the same configuration and the same generic shop.
    public var tag = ""
    /// How many bytes of image the server was sent.
    public var bytesShipped = 0
    /// Where it runs on the server.
    public var slot = Slot.blue
    /// How long it took, from the first step to the last.
    public var seconds = 0.0

    /// A completion of defaults.
    public init() {}

    /// The fields of the completion.
    public static let fields: FieldTable<ShopDeployed> = [
        .required("shop", \.shop, Limits.shop, "The shop."),
        .required("domain", \.domain, Limits.domain, "The name that it is served under."),
        .required("url", \.url, .text(1...300, .line), "Where it is served."),
        .required("address", \.address, Limits.address, "The address of its server."),
        .required("version", \.version, Limits.shopVersion, "Which version: each deployment has the next number."),
        .required("tag", \.tag, Limits.shopTag, "The version's content: the same for the same configuration."),
        .required("bytesShipped", \.bytesShipped, Limits.count, "How many bytes of image the server was sent."),
        .required("slot", \.slot, .choice, "Where it runs on the server."),
        .required("seconds", \.seconds, .number(0...1_000_000), "How long it took."),
    ]

    /// The shop of the documents.
    static var example: ShopDeployed {
        var deployed = ShopDeployed()
        deployed.shop = "teapots"
        deployed.domain = "teapots.example"
        deployed.url = "http://teapots.example/"
        deployed.address = "192.0.2.17"
        deployed.version = 3
        deployed.tag = "0f3c9b2a61d47e85"
        deployed.bytesShipped = 14_848
        deployed.slot = .green
        deployed.seconds = 7.5
        return deployed
    }
}

extension Limits {
    /// A shop's name: a part of names of images and containers.
    static let shop = Shape<String>.text(1...63, .kebab)
    /// The name that a shop is served under.
    static let domain = Shape<String>.text(3...253, .host)
    /// The number of a shop's version.
    static let shopVersion = Shape<Int>.integer(1...Int(Int32.max))
    /// The content of a shop's version, as a word.
    static let shopTag = Shape<String>.text(1...64, .identifier)
}
