/// What a filter can ask about. The table drives parsing, suggestions and the help page.
enum FilterField: String, CaseIterable, Sendable {
    case state, command, tenant, error, id, correlation, worker, attempts, since, until, handled, text

    /// Whether a name before a colon is meant as a field.
    static func knows(_ name: String) -> Bool {
        FilterField(rawValue: name) != nil || name == "payload" || name.hasPrefix("payload.")
    }

    /// What stands behind the colon.
    var value: String {
        switch self {
        case .state: "STATE"
        case .command: "NAME"
        case .tenant: "NAME"
        case .error: "CODE"
        case .id: "ID"
        case .correlation: "ID"
        case .worker: "NAME"
        case .attempts: ">N"
        case .since, .until: "WHEN"
        case .handled: "yes|no"
        case .text: "WORD"
        }
    }

    /// For the help.
    var help: String {
        switch self {
        case .state: "succeeded, refused, failed, dead, cancelled, waiting, parked, started or running"
        case .command: "the command"
        case .tenant: "whose job it is; without it, and without --tenant, the tenant `default`"
        case .error: "the reason code of what did not succeed"
        case .id: "the message id, or the ledger's key"
        case .correlation: "the correlation id"
        case .worker: "which process wrote the last state, or which run of ruche changed it"
        case .attempts: "counted attempts: 3, >3, >=3, <3, <=3"
        case .since: "admitted at or after: a duration back such as 2h, a day, or an RFC 3339 time"
        case .until: "admitted before: the same"
        case .handled: "whether a dead job was discarded"
        case .text: "a part of the id, the correlation id or the reason code"
        }
    }

    /// The page `ruche help filters`.
    static var page: String {
        let rows =
            allCases.map { ("\($0.rawValue):\($0.value)", $0.help) } + [
                ("payload.a.b:VALUE", "a text, number or flag of the payload, read after opening it"),
                ("WORD", "in a list the same as text:WORD; where something is changed, an id"),
                ("id:ID", "alone where something is changed: this id, whatever is in it"),
            ]
        let width = rows.map(\.0.count).max() ?? 0
        let lines = rows.map { "  " + $0.0 + String(repeating: " ", count: width - $0.0.count + 3) + $0.1 }
        return """
            Filters choose jobs. Every term must hold:

            \(lines.joined(separator: "\n"))

              a,b      either of several values
              a*       everything that begins with a
              "a, b"   a value with spaces, commas or colons
              -TERM    not this

            Payloads are sealed in the database, so payload.… is looked at here, in at most --scan jobs: the newest for
            a list, the oldest where something is changed; a note says when there were more. Successful jobs of commands
            that do not keep their payload have none, and so do not match.

              $ ruche jobs list state:dead,failed command:lease-ip since:2h
              $ ruche jobs list error:no-free-* -tenant:test attempts:'>3'
              $ ruche dead replay payload.session:'"Session 12"' --reason 'provider is back' --dry-run
            """
    }
}
