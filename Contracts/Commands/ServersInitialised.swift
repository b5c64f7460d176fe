/// The completion of ``InitServer``: what came of each server.
public struct ServersInitialised: Message, Hashable {
    /// The recipe.
    public var recipe = ""
    /// Servers on which it came to its end.
    public var configured = 0
    /// Servers on which it did not.
    public var failed = 0
    /// Servers that were not for this run: see ``ServerResult/reason``.
    public var skipped = 0
    /// Each server, in the order of their ids.
    public var results: [ServerResult] = []

    /// A completion of defaults.
    public init() {}

    /// What came of the servers.
    public init(recipe: String, results: [ServerResult]) {
        self.recipe = recipe
        self.results = results
        configured = results.count { $0.outcome == .configured }
        failed = results.count { $0.outcome == .failed }
        skipped = results.count { $0.outcome == .skipped }
    }

    /// The fields of the completion.
    public static let fields: FieldTable<ServersInitialised> = [
        .required("recipe", \.recipe, .text(1...64, .kebab), "The recipe."),
        .required("configured", \.configured, Limits.count, "Servers on which it came to its end."),
        .required("failed", \.failed, Limits.count, "Servers on which it did not."),
        .required("skipped", \.skipped, Limits.count, "Servers that were not for this run."),
        .required(
            "results", \.results, .list(of: .message, count: 0...InitServer.serverLimit),
            "Each server, in the order of their ids."),
    ]
}

extension Limits {
    /// What identifies a server or a session.
    static let server = Shape<Int>.integer(1...Int.max)
}
