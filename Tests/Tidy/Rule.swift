import Testing

/// A house rule: what it says, where it applies, what breaks it, and an example of each, by which the rule is tested.
struct Rule: Sendable, CustomTestStringConvertible {
    let name: String
    let applies: @Sendable (SourceFile) -> Bool
    let check: @Sendable (SourceFile) -> [Finding]
    /// A file that breaks the rule, and one that is close to breaking it and does not.
    let bad: SourceFile
    let good: SourceFile

    init(
        _ name: String, bad: (path: String, text: String), good: (path: String, text: String),
        applies: @escaping @Sendable (SourceFile) -> Bool, check: @escaping @Sendable (SourceFile) -> [Finding]
    ) {
        self.name = name
        self.applies = applies
        self.check = check
        self.bad = SourceFile(path: bad.path, text: bad.text)
        self.good = SourceFile(path: good.path, text: good.text)
    }

    var testDescription: String { name }

    func findings(in file: SourceFile) -> [Finding] { applies(file) ? check(file) : [] }

    static let all = layout + imports + language + text
}
