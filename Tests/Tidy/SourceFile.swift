/// A text file of the repository, as the rules see it.
struct SourceFile: Sendable {
    /// The path from the root of the checkout.
    let path: String
    /// The lines as they stand.
    let lines: [String]
    /// The lines without comments and without what stands between quotes: what the compiler takes for code. Swift only.
    let code: [String]
    /// The lines without comments, quotes kept. Swift only.
    let uncommented: [String]

    init(path: String, text: String) {
        self.path = path
        lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        var stripper = Stripper()
        let stripped = path.hasSuffix(".swift") ? lines.map { stripper.strip($0) } : []
        code = stripped.map(\.code)
        uncommented = stripped.map(\.uncommented)
    }

    var isSwift: Bool { path.hasSuffix(".swift") }

    /// Whether the file lies under one of the folders.
    func isUnder(_ folders: String...) -> Bool { folders.contains { path.hasPrefix($0) } }

    /// One finding for every line that `isBad` names a fault of.
    func findings(in lines: [String], where fault: (String) -> String?) -> [Finding] {
        lines.enumerated().compactMap { index, line in
            fault(line).map { Finding(path: path, line: index + 1, fault: $0) }
        }
    }
}
