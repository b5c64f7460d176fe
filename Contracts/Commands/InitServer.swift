/// Makes bare servers ones that serve shops, by a recipe, all in one run. One bad server does not fail the others.
///
/// It is refused when a server or session is not the tenant's, or there is no such recipe. It succeeds whatever came of
/// the servers: the completion says that of each.
public struct InitServer: Command, Hashable {
    /// Which of the servers the run is for.
    public enum Only: String, Sendable, CaseIterable {
        /// Those that did not fail the last time.
        case all
        /// Those that did: their status is `ERROR`.
        case failed
    }

    /// The servers, by their ids.
    public var servers: [Int]?
    /// An import: every server that it brought.
    public var session: Int?
    /// What is done with them; the worker knows its recipes.
    public var recipe = "base"
    /// Which of them.
    public var only = Only.all

    /// A command of defaults.
    public init() {}

    /// Runs a recipe on exactly one of `servers` and `session`.
    public init(servers: [Int]? = nil, session: Int? = nil, recipe: String = "base", only: Only = .all) {
        self.servers = servers
        self.session = session
        self.recipe = recipe
        self.only = only
    }

    /// How many servers a run may have.
    public static let serverLimit = 1000

    /// The fields of the payload.
    public static let fields: FieldTable<InitServer> = [
        .optional("servers", \.servers, .list(of: Limits.server, count: 1...serverLimit), "The servers, by their ids."),
        .optional("session", \.session, Limits.server, "An import: every server that it brought, 1000 at most."),
        .defaulted("recipe", \.recipe, .text(1...64, .kebab), "What is done with them: base, or check."),
        .defaulted(
            "only", \.only, .choice,
            "Which of them: all but those in ERROR (all), or those alone, once more (failed)."),
    ]

    /// Checks that the servers are said once.
    public static func validate(_ message: InitServer) throws(Fault) {
        let sources = [message.servers != nil, message.session != nil].count { $0 }
        guard sources != 0 else { throw Fault(.missingField, "One of servers and session is required.") }
        guard sources == 1 else { throw Fault(.invalidValue, "Only one of servers and session may be given.") }
    }

    /// The servers are said in one of two ways.
    public static let alternatives = ["servers", "session"]

    /// It works outside the database.
    public static let isLong = true
    /// What it is answered with.
    public typealias Completion = ServersInitialised
    /// `init-server`.
    public static let name: CommandName = "init-server"
    /// What it does.
    public static let summary = "Makes bare servers ones that serve shops, by a recipe, all in one run."
    /// A usual command.
    public static let example = InitServer(servers: [17, 18])
    /// Its completion.
    public static let completionExample = ServersInitialised(
        recipe: "base",
        results: [
            ServerResult(server: 17, ip: "192.0.2.17", outcome: .configured, changed: 41),
            ServerResult(
                server: 18, ip: "192.0.2.18", outcome: .failed, reason: "unreachable-refused",
                message: "The server refuses connections to its SSH port."),
        ])
}
