import Contracts
import Runtime

/// Retiring a shop whatever has become of its server: it is asked about, and stands in the audit.
struct ShopForce {
    /// What a line takes for it.
    static let options: [Option] = [
        .flag("force", "also if its server cannot be reached: nothing is removed there, and it may be served on"),
        .reason, .flag("yes", "with --force: do not ask"),
    ]

    private let shop: String
    private let reason: String
    private let invocation: Invocation

    /// `nil` when the line does not ask for it, or only rehearses.
    ///
    /// - Throws: ``ExitCode/usage`` when there is no reason, or something is said that goes with `--force` alone.
    init?(_ invocation: Invocation) throws(Failure) {
        guard invocation.has("force") else {
            if let stray = ["reason", "yes"].first(where: invocation.has) {
                throw Failure(.usage, "--\(stray) goes with --force")
            }
            return nil
        }
        if invocation.has("dry-run") { return nil }
        (shop, reason) = (invocation.arguments[0], try JobSelection.reason(invocation))
        self.invocation = invocation
    }

    /// Returns when a person agrees.
    func confirm() throws(Failure) {
        try Confirmation.require(
            invocation, to: "retire \(shop) also if its server cannot be reached, and may serve it on", typing: shop)
    }

    /// Notes it, with the command that is about to be published.
    func note(_ id: String, _ link: DatabaseLink) throws {
        let job = FoundJob.name(RetireShop.name.rawValue, id, tenant: invocation.tenant)
        try link.use { database in
            try database.transaction { (tx: borrowing Postgres.Transaction) throws(PostgresError) in
                try Audit.write("shops retire --force", each: [job], reason, in: tx)
            }
        }
    }
}
