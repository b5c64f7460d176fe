import Testing

/// The house rules that a program can check, over the whole tree.
@Suite("House rules")
struct RuleTests {
    @Test("The tree keeps it", arguments: Rule.all)
    func treeKeeps(_ rule: Rule) {
        let findings = Repository.files.flatMap(rule.findings(in:))
        #expect(findings.isEmpty, "\(findings.map(\.description).joined(separator: "\n"))")
    }

    @Test("The rule can fail", arguments: Rule.all)
    func ruleCanFail(_ rule: Rule) { #expect(!rule.findings(in: rule.bad).isEmpty) }

    @Test("The rule can pass", arguments: Rule.all)
    func ruleCanPass(_ rule: Rule) { #expect(rule.findings(in: rule.good).isEmpty) }

    @Test("The rules see the sources", arguments: ["Contracts/", "Workers/", "Tests/", "scripts/"])
    func sees(_ folder: String) { #expect(Repository.files.contains { $0.isUnder(folder) }) }

    @Test(
        "Comments and quotes are not code",
        arguments: [
            ("let a = 1 // b", "let a = 1 "), ("a(\"b // c\") // d", "a(\"\") "), ("/* a */ b", " b"),
            ("\"\\\"a\" + b", "\"\" + b"),
        ])
    func strips(_ line: String, _ code: String) {
        var stripper = Stripper()
        #expect(stripper.strip(line).code == code)
    }

    @Test("A quote over several lines is not code")
    func stripsOverLines() {
        let file = SourceFile(path: "a.swift", text: "let a = \"\"\"\n    Task { }\n    \"\"\"\nb()")
        #expect(file.code[1].isEmpty && file.code[3] == "b()")
        #expect(file.uncommented[1] == "    Task { }")
    }
}
