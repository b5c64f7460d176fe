import Contracts
import Runtime

extension Verb {
    static let shopsList = Verb(
        path: ["shops", "list"], summary: "the shops, by name: what each serves, where, and its lease's end",
        options: [
            .value("status", "STATUS", "DEPLOYING, LIVE, RETIRING, RETIRED or FAILED; several with commas"),
            .value("domain", "NAME", "only that of this name"),
            .value("server", "ID", "only those of this server"),
            .value("within", "DURATION", "only those whose lease runs out within so long"),
            .value("limit", "N", "at most so many, default 100"),
            .value("after", "PLACE", "go on where another list ended"), .tenants, .output,
        ],
        examples: ["ruche shops list --status live", "ruche shops list --within 2d -o json"]
    ) { invocation in
        let listing = try ShopListing(invocation)
        let output = try Output(invocation)
        let database = try Reach().database()
        defer { database.close() }
        try listing.show(output, database)
    }

    static let shopsShow = Verb(
        path: ["shops", "show"], summary: "one shop: where it is, what it serves, its lease, last run and releases",
        arguments: ["SHOP"],
        options: [
            .value("limit", "N", "at most so many releases, the newest; default 20"), .tenants, .output,
        ],
        examples: ["ruche shops show teapots", "ruche shops show teapots --json"]
    ) { invocation in
        let output = try Output(invocation)
        let detail = ShopDetail(
            slug: invocation.arguments[0], tenant: Tenants.chosen(invocation),
            limit: try invocation.count("limit", default: 20))
        let database = try Reach().database()
        defer { database.close() }
        try detail.show(output, database)
    }

    static let shopsDeploy = Verb(
        path: ["shops", "deploy"], summary: "build a shop, or another release of one, and serve it without a gap",
        arguments: ["SHOP"], options: ShopOrder.configuration + RunRequest.options,
        examples: [
            """
            ruche shops deploy teapots --title "Ada's Teapots" --contact-email info@teapots.example \
            --primary-color '#0f766e' --secondary-color '#f59e0b' --domain teapots.example --follow
            """
        ]
    ) { invocation in
        let request = try RunRequest(invocation)
        let command = try ShopOrder.deployment(invocation)
        try request.run { _ in command }
    }

    static let shopsRollback = Verb(
        path: ["shops", "rollback"], summary: "serve an earlier release of a shop again, without building it",
        arguments: ["SHOP"],
        options: [
            .value("to", "RELEASE", "which, by its number or its tag; without it the one before")
        ] + RunRequest.options,
        examples: ["ruche shops rollback teapots --follow", "ruche shops rollback teapots --to 3 --wait"]
    ) { invocation in
        let command = RollbackShop(shop: invocation.arguments[0], to: invocation.value("to"))
        try RunRequest(invocation).run { link in
            try ShopOrder.check(command.shop, of: invocation.tenant, link)
            return command
        }
    }

    static let shopsRetire = Verb(
        path: ["shops", "retire"], summary: "take a shop off the net, and give back the address leased for it",
        arguments: ["SHOP"],
        options: [
            .flag("keep-lease", "keep an address that was leased for it until its lease runs out")
        ] + ShopForce.options + RunRequest.options,
        examples: [
            "ruche shops retire teapots --follow",
            "ruche shops retire teapots --force --reason 'the provider has lost the server' --wait",
        ]
    ) { invocation in
        let command = RetireShop(
            shop: invocation.arguments[0], keepLease: invocation.has("keep-lease"), force: invocation.has("force"))
        let (request, force) = (try RunRequest(invocation), try ShopForce(invocation))
        try request.run { link in
            try ShopOrder.check(command.shop, of: invocation.tenant, link)
            try force?.confirm()
            try force?.note(request.id, link)
            return command
        }
    }
}
