/// One command of the line: the row of a table that drives parsing, help and suggestions.
struct Verb: Sendable {
    /// The words that call it: `["jobs", "show"]`.
    let path: [String]
    let summary: String
    /// Positional arguments in order; a name in brackets is optional.
    var arguments: [String] = []
    var options: [Option] = []
    var examples: [String] = []
    let run: @Sendable (Invocation) throws -> Void

    /// Every option it takes: what prints data takes how to print it.
    var accepted: [Option] {
        options + (options.contains { $0.name == Option.output.name } ? Option.display : [])
    }

    var name: String { path.joined(separator: " ") }
    var required: Int { arguments.filter { !$0.hasPrefix("[") }.count }

    var usage: String {
        (["ruche"] + path + arguments + (options.isEmpty ? [] : ["[options]"])).joined(separator: " ")
    }
}

/// One option of a verb.
struct Option: Sendable {
    let name: String
    /// The word for its value in the help; a flag has none.
    let value: String?
    let help: String
    var short: Character?
    var repeats = false

    /// How the help writes it: `-o, --output FORMAT`.
    var synopsis: String {
        (short.map { "-\($0), " } ?? "    ") + "--\(name)" + (value.map { " \($0)" } ?? "")
    }

    /// The same without the room for a short form that it does not have.
    var shortSynopsis: String { String(synopsis.drop { $0 == " " }) }

    /// An option with a value.
    static func value(
        _ name: String, _ value: String, _ help: String, short: Character? = nil, repeats: Bool = false
    ) -> Option {
        Option(name: name, value: value, help: help, short: short, repeats: repeats)
    }

    /// An option without a value.
    static func flag(_ name: String, _ help: String, short: Character? = nil) -> Option {
        Option(name: name, value: nil, help: help, short: short)
    }

    /// What every verb that prints data takes.
    static let output = Option.value("output", "FORMAT", OutputFormat.names, short: "o")
    /// What comes with ``output``.
    static let display: [Option] = [
        .flag("json", "the same as -o json"),
        .value("color", "WHEN", "auto, always or never; auto is on a terminal without NO_COLOR"),
        .value("time", "FORM", "relative or iso, in tables; relative on a terminal"),
        .flag("no-headers", "no line of column names"),
    ]
    static let tenant = Option.value("tenant", "NAME", "whose: the tenant, default `default`")
    static let tenants = Option.value("tenant", "NAME", "whose: the tenant, default `default`; '*' is all of them")
    static let reason = Option.value("reason", "TEXT", "why, for the audit")
    static let dryRun = Option.flag("dry-run", "say what would happen; change nothing")
}
