/// `docs/cli.md`, made from the table of verbs; a test holds the committed file against it.
enum Reference {
    /// The page as Markdown.
    static var page: String {
        var text = """
            # The command line

            Made from the table of verbs; `ruche help COMMAND` says the same. Every option that takes `-o` also takes
            `--json`, `--color`, `--time` and `--no-headers`. Data goes to stdout, everything else to stderr. Tables are
            cut to the width of a terminal and are whole in a pipe. What `-o json` prints is described in
            [cli/schemas](cli/schemas); `-o jsonl` prints its elements, one a line.


            """
        for verb in Verb.all { text += section(verb) }
        text += "## Settings\n\nNAME_FILE names a file that holds the value of NAME.\n\n"
        text += "| name | default | read by | meaning |\n|---|---|---|---|\n"
        for setting in Setting.all {
            let fallback = setting.fallback.isEmpty ? "" : "`\(setting.fallback)`"
            text += "| `\(setting.name)` | \(fallback) | \(setting.readers) | \(cell(setting.meaning)) |\n"
        }
        text += "\n## Exit codes\n\n| code | meaning |\n|---|---|\n"
        for code in ExitCode.allCases { text += "| \(code.rawValue) | \(cell(code.meaning)) |\n" }
        return text
    }

    private static func section(_ verb: Verb) -> String {
        var text = "## \(verb.name)\n\n`\(verb.usage)`: \(verb.summary).\n\n"
        let hidden = Set(Option.display.map(\.name))
        let options = verb.accepted.filter { !hidden.contains($0.name) }
        if !options.isEmpty {
            text += "| option | meaning |\n|---|---|\n"
            for option in options { text += "| `\(cell(option.shortSynopsis))` | \(cell(option.help)) |\n" }
            text += "\n"
        }
        if !verb.examples.isEmpty { text += "```sh\n" + verb.examples.map { $0 + "\n" }.joined() + "```\n\n" }
        return text
    }

    private static func cell(_ text: String) -> String {
        text.split(separator: "|", omittingEmptySubsequences: false).joined(separator: "\\|")
    }
}
