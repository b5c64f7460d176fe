import Contracts
import Runtime

extension Verb {
    static let serversList = Verb(
        path: ["servers", "list"], summary: "the inventory, by address",
        options: [
            .value("status", "STATUS", "PENDING, CONFIGURING, CONFIGURED or ERROR; several with commas"),
            .value("session", "ID", "only those that this import brought"),
            .value("fault", "CODE", "only those on which the last run failed so"),
            .value("provider", "NAME", "only those of this provider"),
            .value("holder", "NAME", "only those whose address this holder has"),
            .value("limit", "N", "at most so many, default 100"),
            .value("after", "PLACE", "go on where another list ended"), .tenants, .output,
        ],
        examples: [
            "ruche servers list --limit 20", "ruche servers list --status error -o json",
            "ruche servers list --session 12 --fault wrong-password",
        ]
    ) { invocation in
        let listing = try ServerListing(invocation)
        let output = try Output(invocation)
        let database = try Reach().database()
        defer { database.close() }
        try listing.show(output, database)
    }

    static let serversShow = Verb(
        path: ["servers", "show"], summary: "one server: how it stands, its last run, its host key, its lease",
        arguments: ["SERVER"], options: [.tenants, .output],
        examples: ["ruche servers show 12", "ruche servers show 192.0.2.10:2222"]
    ) { invocation in
        let name = try ServerName(invocation.arguments[0])
        let output = try Output(invocation)
        let database = try Reach().database()
        defer { database.close() }
        let id = try name.find(Tenants.chosen(invocation), database)
        output.record(try ServerDetail.fields(id, database))
    }

    static let serversInit = Verb(
        path: ["servers", "init"], summary: "make bare servers ones that serve shops, by a recipe, all in one run",
        arguments: ["[SERVER...]"], options: ServersInit.options,
        examples: [
            "ruche servers init --session 12 --follow", "ruche servers init 17 192.0.2.18 --wait",
            "ruche servers init --session 12 --only failed --wait",
        ]
    ) { try ServersInit($0).run() }
}
