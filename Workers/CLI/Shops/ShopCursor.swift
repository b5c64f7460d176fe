import Contracts

/// A place in the list of shops, which runs by tenant and name: the row it names was the last that was shown.
struct ShopCursor: Hashable, Sendable, CustomStringConvertible {
    let tenant: String
    let slug: String

    init(tenant: String, slug: String) { (self.tenant, self.slug) = (tenant, slug) }

    /// Reads what ``description`` writes: no name of a shop has an underscore in it.
    init?(_ text: String) {
        let parts = text.split(separator: "_", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else { return nil }
        self.init(tenant: String(parts[1]), slug: String(parts[0]))
    }

    var description: String { "\(slug)_\(tenant)" }
}
