extension Rule {
    /// Words that promise work instead of doing it.
    static let promises = ["TODO", "FIXME", "HACK", "XXX:"]
    /// Places that exist on one machine only.
    static let machines = ["/work/", "/home/", "/Users/", "/root/", "/tmp/dev", "/opt/wheels", "artifactory", "nexus."]

    /// What a text may say, wherever it stands. The tables above are the only place that spells these words.
    static let text = [
        Rule(
            "a decision is titled by its number, and has context, decision and consequence",
            bad: ("docs/decisions/0042-bad.md", "# 0042 Bad\n\n**Question.** Why?\n"),
            good: (
                "docs/decisions/0042-good.md", "# 42. Good\n\n**Context.** a\n\n**Decision.** b\n\n**Consequence.** c\n"
            ),
            applies: { $0.isUnder("docs/decisions/") && $0.path.hasSuffix(".md") },
            check: { file in
                let number = Int(file.path.dropFirst("docs/decisions/".count).prefix(4)) ?? 0
                let beginnings = ["# \(number). ", "**Context.** ", "**Decision.** ", "**Consequence.** "]
                return beginnings.filter { beginning in !file.lines.contains { $0.hasPrefix(beginning) } }
                    .map { Finding(path: file.path, line: 1, fault: "no line begins with \($0)") }
            }),
        Rule(
            "nothing is left to do later",
            bad: ("docs/bad.md", "TODO: write this"), good: ("docs/good.md", "the to-do list"),
            applies: { !$0.isUnder("Tests/Tidy/") },
            check: { file in
                file.findings(in: file.lines) { line in promises.first { has(line, $0) }.map { "says \($0)" } }
            }),
        Rule(
            "no file speaks of one machine",
            bad: ("scripts/bad", "cd /" + "work/main"), good: ("scripts/good", "cd \"$ROOT\" # network/work"),
            applies: { !$0.isUnder("Tests/Tidy/") },
            check: { file in
                file.findings(in: file.lines) { line in machines.first { has(line, $0) }.map { "says \($0)" } }
            }),
        Rule(
            "no line ends in white space",
            bad: ("docs/bad.md", "a \nb"), good: ("docs/good.md", "a\n\nb\n"),
            applies: { _ in true },
            check: { file in
                file.findings(in: file.lines) { $0.last == " " || $0.last == "\t" ? "white space at the end" : nil }
            }),
        Rule(
            "a text file ends in one newline",
            bad: ("docs/bad.md", "a"), good: ("docs/good.md", "a\n"),
            applies: { !$0.lines.isEmpty && $0.lines != [""] },
            check: { file in
                let endsInOne = file.lines.last == "" && file.lines.dropLast().last != ""
                return endsInOne
                    ? [] : [Finding(path: file.path, line: file.lines.count, fault: "not one newline at the end")]
            }),
    ]
}
