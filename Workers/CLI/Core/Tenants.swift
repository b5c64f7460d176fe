import Contracts

/// Whose jobs are meant: those of one tenant, unless the line says otherwise.
enum Tenants {
    /// What `--tenant` takes for all of them.
    static let all = "*"

    /// The tenant that the line means; `nil` for all of them.
    static func chosen(_ invocation: Invocation) -> String? {
        invocation.tenant == all ? nil : invocation.tenant
    }

    /// ` of acme, default`, when these are not of the default tenant alone.
    static func named(_ tenants: [String]) -> String {
        let names = Set(tenants).sorted()
        return names.allSatisfy { $0 == Topology.defaultTenant } ? "" : " of " + names.joined(separator: ", ")
    }
}
