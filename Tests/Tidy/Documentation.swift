/// Finds declarations without a doc comment. The formatter's own rule knows `public` and not `package`.
enum Documentation {
    /// Witnesses whose meaning the protocol's own documentation gives.
    static let witnesses: Set<String> = [
        "description", "debugDescription", "testDescription", "rawValue", "hash", "allCases", "==", "<", "deinit",
        "fields",
        "Completion", "Failure", "name", "version", "summary", "identity", "example", "validate",
    ]
    static let witnessLabels = ["init(rawValue", "init(stringLiteral", "init(arrayLiteral", "init(integerLiteral"]
    private static let keywords: Set<Substring> = [
        "struct", "enum", "class", "actor", "protocol", "func", "var", "let", "init", "typealias", "subscript", "macro",
    ]

    static func missing(in file: SourceFile) -> [Finding] {
        file.code.enumerated().compactMap { index, line in
            guard let name = declaredName(line), !isDocumented(index, in: file) else { return nil }
            return Finding(path: file.path, line: index + 1, fault: "\(name) has no doc comment")
        }
    }

    /// The name that a public or package line declares; nil for a line that declares none, and for a witness.
    private static func declaredName(_ line: String) -> String? {
        let words = line.split(separator: " ")
        guard let access = words.firstIndex(where: { $0 == "public" || $0 == "package" || $0 == "open" }),
            words[..<access].allSatisfy({ $0.hasPrefix("@") || $0 == "nonisolated" || $0 == "final" || $0 == "static" })
        else { return nil }
        if witnessLabels.contains(where: line.contains) { return nil }
        for (index, word) in words.enumerated().dropFirst(access + 1) {
            if word == "import" || word == "extension" { return nil }
            if word.hasPrefix("init(") || word.hasPrefix("init?(") || word.hasPrefix("init<") { return "init" }
            if word.hasPrefix("subscript(") { return "subscript" }
            // `class func` and `class var` name a member, `class Name` a type.
            guard keywords.contains(word), index + 1 < words.count, !keywords.contains(words[index + 1]) else {
                continue
            }
            let name = String(
                words[index + 1].prefix { !"(:<{=,".contains($0) || "<=".contains($0) && $0 == words[index + 1].first })
            return witnesses.contains(name) ? nil : name
        }
        return nil
    }

    private static func isDocumented(_ declaration: Int, in file: SourceFile) -> Bool {
        for index in stride(from: declaration - 1, through: 0, by: -1) {
            let line = file.lines[index].drop { $0 == " " }
            if line.hasPrefix("///") || line.hasPrefix("*/") { return true }
            guard line.hasPrefix("@") || line.hasPrefix("#if") || line.hasPrefix("//") else { return false }
        }
        return false
    }
}
