import Contracts
import Runtime

/// What is to become of a shop, as the line says it. Values are data: they go into the command as they are.
enum ShopOrder {
    /// What makes a shop somebody's own.
    static let configuration: [Option] = [
        .value("title", "TEXT", "what stands above its pages"),
        .value("contact-email", "ADDRESS", "where its customers write to"),
        .value("phone", "NUMBER", "where they call; without it there is no telephone"),
        .value("primary-color", "#RRGGBB", "the colour of what is most important"),
        .value("secondary-color", "#RRGGBB", "the colour of the rest"),
        .value("domain", "NAME", "the name that it is served under"),
        .value("lease", "ID", "the lease of the address to serve it from; without it one is leased for the shop"),
    ]
    private static let optional: Set<String> = ["phone", "lease"]

    /// - Throws: ``ExitCode/usage`` when something is missing, or the lease is no id.
    static func deployment(_ invocation: Invocation) throws(Failure) -> DeployShop {
        let missing = configuration.filter { !optional.contains($0.name) && !invocation.has($0.name) }
        guard missing.isEmpty else {
            throw Failure(
                .usage, "a shop needs \(missing.map { "--\($0.name)" }.joined(separator: ", "))",
                "see: ruche help shops deploy")
        }
        func value(_ name: String) -> String { invocation.value(name) ?? "" }
        return DeployShop(
            shop: invocation.arguments[0], title: value("title"), contactEmail: value("contact-email"),
            contactPhone: invocation.value("phone"), primaryColor: value("primary-color"),
            secondaryColor: value("secondary-color"), domain: value("domain"), lease: try lease(invocation))
    }

    private static func lease(_ invocation: Invocation) throws(Failure) -> UniqueID? {
        guard let text = invocation.value("lease") else { return nil }
        guard let id = UniqueID(text) else {
            throw Failure(.usage, "--lease takes the id of a lease, not `\(text)`", "see: ruche leases")
        }
        return id
    }

    /// Whether the tenant has, or had, a shop of this name.
    ///
    /// - Throws: ``ExitCode/notFound`` when not.
    static func check(_ slug: String, of tenant: String, _ link: DatabaseLink) throws {
        let rows = try link.use { try $0.query("SELECT 1 FROM shop WHERE tenant = \(tenant) AND slug = \(slug)") }
        guard rows.count > 0 else { throw ShopDetail.unknown(slug, tenant) }
    }
}
