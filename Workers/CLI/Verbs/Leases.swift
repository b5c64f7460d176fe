import Contracts
import Runtime

extension Verb {
    static let leases = Verb(
        path: ["leases"], summary: "leases that are held, soonest expiry first",
        options: [
            .flag("all", "also those that have ended, newest first"),
            .value("holder", "NAME", "only those of this holder; NAME* is all that begin so"),
            .value("server", "ID", "only those of this server"),
            .value("within", "DURATION", "only those that expire within so long"),
            .value("limit", "N", "at most so many, default 100"),
            .value("after", "PLACE", "go on where another list ended"), .tenants, .output,
        ],
        examples: [
            "ruche leases -o json", "ruche leases --within 1h", "ruche leases --all --holder 'shop-*' --tenant acme",
        ]
    ) { invocation in
        let listing = try LeaseListing(invocation)
        let output = try Output(invocation)
        let database = try Reach().database()
        defer { database.close() }
        try listing.show(output, database)
    }

    static let leasesShow = Verb(
        path: ["leases", "show"], summary: "one lease, and how its address stands",
        arguments: ["LEASE"], options: [.tenants, .output],
        examples: ["ruche leases show 0192a1b2-…", "ruche leases show 192.0.2.10"]
    ) { invocation in
        let output = try Output(invocation)
        let database = try Reach().database()
        defer { database.close() }
        output.record(try LeaseDetail.fields(invocation.arguments[0], Tenants.chosen(invocation), database))
    }
}
