/// The help pages, made from the table of verbs.
enum Help {
    /// The page these words ask for, if they ask for one.
    static func page(for words: [String]) -> String? {
        let isAsked = words.isEmpty || words[0] == "help" || words.contains("--help") || words.contains("-h")
        guard isAsked else { return nil }
        let topic = words.filter { $0 != "help" && $0 != "--help" && $0 != "-h" }
        if topic == ["exit-codes"] { return exitCodes }
        if topic == ["filters"] { return FilterField.page }
        let verb = Verb.all.filter { topic.starts(with: $0.path) }.max { $0.path.count < $1.path.count }
        return verb.map(page) ?? overview(under: topic.first)
    }

    private static func overview(under group: String?) -> String {
        let grouped = Verb.all.filter { $0.path[0] == group }
        let verbs = grouped.isEmpty ? Verb.all : grouped
        let width = verbs.map(\.name.count).max() ?? 0
        let lines = verbs.map { "  " + $0.name + String(repeating: " ", count: width - $0.name.count + 3) + $0.summary }
        return """
            ruche: durable commands on RabbitMQ and PostgreSQL

            \(lines.joined(separator: "\n"))

            ruche help COMMAND      options and examples
            ruche help exit-codes   what the exit code says
            ruche help filters      how jobs are chosen
            Settings come from the environment: AMQP_URL, DATABASE_URL or PG*, RUCHE_KEY_FILE.
            X_FILE names a file that holds X.
            """
    }

    private static func page(_ verb: Verb) -> String {
        var text = "\(verb.usage)\n\n\(verb.summary)\n"
        if !verb.accepted.isEmpty {
            let names = verb.accepted.map(\.synopsis)
            let width = names.map(\.count).max() ?? 0
            text += "\n"
            for (name, option) in zip(names, verb.accepted) {
                text += "  \(name)" + String(repeating: " ", count: width - name.count + 3) + option.help + "\n"
            }
        }
        if !verb.examples.isEmpty { text += "\n" + verb.examples.map { "  $ \($0)\n" }.joined() }
        return String(text.dropLast())
    }

    private static var exitCodes: String {
        ExitCode.allCases.map { "  \($0.rawValue)\t\($0.meaning)" }.joined(separator: "\n")
    }
}
