/// Whose lines are whose in Loki.
package struct LokiTenancy: Sendable {
    private let template: String?

    /// The label that keeps tenants apart where Loki's tenant does not.
    package static let label = "ruche_tenant"
    private static let place = "{tenant}"

    /// - Parameter template: Loki's tenant, with `{tenant}` for the command's; `nil` for none, where Loki knows one
    ///   only or a proxy before it tells.
    package init?(_ template: String?) {
        self.template = template
        if let template, !Self.isValid(template.replacing(Self.place, with: "x")) { return nil }
    }

    /// Whether the tenant is told by a label, for one of Loki's tenants has the lines of all.
    package var isLabelled: Bool { !(template?.contains(Self.place) ?? false) }

    /// Loki's tenant for one of ours; `nil` for none.
    package func tenant(for tenant: String) -> String? { template?.replacing(Self.place, with: tenant) }

    /// Whether Loki takes this for a tenant.
    package static func isValid(_ tenant: String) -> Bool {
        (1...150).contains(tenant.utf8.count) && tenant != "." && tenant != ".."
            && tenant.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"):
                    true
                default: "!-_.*'()".utf8.contains(byte)
                }
            }
    }
}
