import AMQP
import Contracts
import Runtime

extension Verb {
    static let reconcile = Verb(
        path: ["reconcile"],
        summary: "after a restore: what producers and subscribers know and the ledger does not; changes nothing",
        arguments: ["[COMMAND]"],
        options: [
            .value("confirmed", "FILE", "what a producer noted: lines as of enqueue --ndjson", repeats: true),
            .value("ledger", "FILE", "the ledger of a run of ruche verify, or of a load", repeats: true),
            .value("events", "FILE", "what a subscriber got: lines as of events tail -o jsonl", repeats: true),
            .value("journal", "FILE", "the journal of an enqueue --ndjson of COMMAND, with --file"),
            .value("file", "FILE", "the commands that it belongs to", short: "f"),
            .value("again", "FILE", "write the lost ones of --file to a new file, to be enqueued by --ndjson"),
            .value("limit", "N", "commands named of each kind, default 100; the totals are whole"),
            .tenant, .output,
        ],
        examples: [
            "ruche reconcile --confirmed confirmed.jsonl --events events.jsonl",
            "ruche reconcile lease-ip --journal leases.journal -f leases.ndjson --again lost.ndjson",
        ]
    ) { invocation in
        let output = try Output(invocation)
        let accounts = try accounts(invocation)
        let limit = try invocation.count("limit", default: 100)
        let reach = Reach()
        let (database, broker) = (try reach.database(), try reach.broker())
        defer {
            database.close()
            broker.close()
        }
        var claims = try ClaimTable(database)
        try accounts.read { try claims.add($0) }
        try claims.close()
        let reconciliation = Reconciliation(database: database, broker: broker, limit: limit)
        let report = try reconciliation.report(claims)
        if let target = invocation.value("again"), let lines = accounts.lines {
            try lines.write(reconciliation.lostLines(), to: target)
        }
        report.print(output)
        guard report.isComplete else {
            throw Failure(.imbalance, "there is something to be done: each finding says what")
        }
    }

    private static func accounts(_ invocation: Invocation) throws -> Accounts {
        var accounts = Accounts()
        accounts.confirmed = invocation.all("confirmed")
        accounts.ledgers = invocation.all("ledger")
        accounts.events = invocation.all("events")
        accounts.tenant = invocation.tenant
        switch (invocation.value("journal"), invocation.value("file")) {
        case (nil, nil):
            guard invocation.argument(0) == nil, invocation.value("again") == nil else {
                throw Failure(.usage, "COMMAND and --again go with --journal and --file")
            }
        case (let journal?, let file?):
            accounts.lines = try JournaledLines(
                file, journal: journal, command: invocation.argument(0), tenant: invocation.tenant)
        default: throw Failure(.usage, "--journal and --file belong together")
        }
        return accounts
    }
}
