/// Finds declarations without a doc comment. The formatter's own rule knows `public` and not `package`.
enum Documentation {
    /// Witnesses whose meaning the protocol's own documentation gives: the library's and those of this package.
    static let witnesses = common.union(Repository.files.flatMap(requirements(in:)))
    private static let common: Set<String> = [
        "description", "debugDescription", "testDescription", "rawValue", "hash", "allCases", "==", "<", "deinit",
        "fields",
        "Completion", "Failure", "code", "message", "underlying", "file", "line", "name", "version", "summary",
        "identity", "example", "validate",
    ]
    static let witnessLabels = ["init(rawValue", "init(stringLiteral", "init(arrayLiteral", "init(integerLiteral"]
    private static let keywords: Set<Substring> = [
        "struct", "enum", "class", "actor", "protocol", "func", "var", "let", "init", "typealias", "subscript", "macro",
    ]

    static func missing(in file: SourceFile) -> [Finding] {
        let conformances = conformances(in: file.code)
        return file.code.enumerated().compactMap { index, line in
            guard !conformances.contains(where: { $0.contains(index) }), let name = declaredName(line),
                !isDocumented(index, in: file)
            else { return nil }
            return Finding(path: file.path, line: index + 1, fault: "\(name) has no doc comment")
        }
    }

    /// What the protocols of a file ask for, by name; an initialiser by its first label, `init(rawValue`.
    private static func requirements(in file: SourceFile) -> [String] {
        var names: [String] = []
        var isInProtocol = false
        for line in file.code {
            if line.contains("protocol ") { isInProtocol = true }
            if line == "}" { isInProtocol = false }
            guard isInProtocol, line.hasPrefix("    "), !line.hasPrefix("     ") else { continue }
            let words = line.split(separator: " ").drop { $0.hasPrefix("@") || $0 == "static" || $0 == "mutating" }
            guard let first = words.first else { continue }
            if first.hasPrefix("init(") { names.append(String(first.prefix { $0 != ":" })) }
            guard first == "func" || first == "var", let name = words.dropFirst().first else { continue }
            names.append(String(name.prefix { !"(:<".contains($0) }))
        }
        return names
    }

    /// The lines of extensions that add a conformance: the protocol documents what stands there.
    private static func conformances(in code: [String]) -> [Range<Int>] {
        code.indices.compactMap { start in
            let header = code[start]
            guard header.contains("extension "), header.first != " " else { return nil }
            guard header.prefix(upTo: header.firstRange(of: " where ")?.lowerBound ?? header.endIndex).contains(":")
            else {
                return nil
            }
            let end = code[start...].firstIndex(of: "}") ?? start
            return start..<end + 1
        }
    }

    /// The name that a public or package line declares; nil for a line that declares none, and for a witness.
    private static func declaredName(_ line: String) -> String? {
        let words = line.split(separator: " ")
        guard let access = words.firstIndex(where: { $0 == "public" || $0 == "package" || $0 == "open" }),
            words[..<access].allSatisfy({ $0.hasPrefix("@") || $0 == "nonisolated" || $0 == "final" || $0 == "static" })
        else { return nil }
        if witnessLabels.contains(where: line.contains) { return nil }
        if let label = line.firstMatch(of: /init\(\w+/), witnesses.contains(String(label.output)) { return nil }
        for (index, word) in words.enumerated().dropFirst(access + 1) {
            if word == "import" || word == "extension" { return nil }
            // An initialiser that cannot fail sets what its arguments are called.
            if word.hasPrefix("init?(") || word.hasPrefix("init<") { return "init" }
            if word.hasPrefix("init(") { return line.contains("throws") ? "init" : nil }
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

    /// Whether a doc comment stands above the declaration, or above the run of constants that it belongs to.
    private static func isDocumented(_ declaration: Int, in file: SourceFile) -> Bool {
        let isConstant = isConstant(file.code[declaration])
        for index in stride(from: declaration - 1, through: 0, by: -1) {
            let line = file.lines[index].drop { $0 == " " }
            if line.hasPrefix("///") || line.hasPrefix("*/") { return true }
            guard
                line.hasPrefix("@") || line.hasPrefix("#if") || line.hasPrefix("//")
                    || isConstant && self.isConstant(file.code[index])
            else { return false }
        }
        return false
    }

    private static func isConstant(_ line: String) -> Bool {
        let words = line.split(separator: " ")
        return words.contains("let") && (words.contains("package") || words.contains("public"))
    }
}
