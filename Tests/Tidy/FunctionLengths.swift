/// Measures functions by their indentation, which the formatter guarantees.
enum FunctionLengths {
    /// The first line (from one) and the number of lines of each function, initialiser and deinitialiser with a body.
    static func measure(_ code: [String]) -> [(start: Int, lines: Int)] {
        code.indices.compactMap { start in
            guard isHeader(code[start]), let end = end(of: start, in: code) else { return nil }
            return (start + 1, end - start + 1)
        }
    }

    private static func isHeader(_ line: String) -> Bool {
        for word in line.split(separator: " ") {
            if word == "func" || word == "deinit" || word.hasPrefix("init(") || word.hasPrefix("init?(") { return true }
            // Modifiers and attributes come first; anything else is a statement.
            guard word.allSatisfy({ $0.isLetter || "@_()".contains($0) }), word != "return", word != "let",
                word != "var"
            else { return false }
        }
        return false
    }

    private static func end(of start: Int, in code: [String]) -> Int? {
        let margin = indentation(code[start])
        if code[start].hasSuffix("}") { return start }
        for index in code.indices[(start + 1)...] where indentation(code[index]) <= margin {
            let line = code[index].drop(while: { $0 == " " })
            if line.isEmpty || line.hasPrefix("#") { continue }
            if line.hasPrefix("}") { return index }
            // The rest of a header may stand at the margin; a new declaration there means that this one has no body.
            guard line.hasPrefix(")") || line.hasPrefix("where ") || line == "{" else { return nil }
            if line.hasSuffix("}") { return index }
        }
        return nil
    }

    private static func indentation(_ line: String) -> Int { line.prefix(while: { $0 == " " }).count }
}
