/// Takes comments and quoted text out of Swift, line by line, remembering what a line leaves open.
///
/// Not a parser: an interpolation that holds quotes is taken for two strings with code between them, which is near
/// enough for rules about words.
struct Stripper {
    private var commentDepth = 0
    private var inMultilineString = false

    mutating func strip(_ line: String) -> (code: String, uncommented: String) {
        var code = ""
        var uncommented = ""
        var rest = Substring(line)
        var inString = false
        while let character = rest.first {
            if commentDepth > 0 {
                if rest.hasPrefix("*/") { commentDepth -= 1 } else if rest.hasPrefix("/*") { commentDepth += 1 }
                rest = rest.dropFirst(rest.hasPrefix("*/") || rest.hasPrefix("/*") ? 2 : 1)
            } else if inString || inMultilineString {
                let quote = inMultilineString ? "\"\"\"" : "\""
                if character == "\\" {
                    uncommented += rest.prefix(2)
                    rest = rest.dropFirst(2)
                } else if rest.hasPrefix(quote) {
                    (inString, inMultilineString) = (false, false)
                    (code, uncommented) = (code + "\"", uncommented + quote)
                    rest = rest.dropFirst(quote.count)
                } else {
                    uncommented.append(character)
                    rest = rest.dropFirst()
                }
            } else if rest.hasPrefix("//") {
                break
            } else if rest.hasPrefix("/*") {
                commentDepth += 1
                rest = rest.dropFirst(2)
            } else {
                let opens = rest.hasPrefix("\"\"\"") ? "\"\"\"" : String(character)
                if character == "\"" { (inString, inMultilineString) = (opens.count == 1, opens.count == 3) }
                (code, uncommented) = (code + String(character), uncommented + opens)
                rest = rest.dropFirst(opens.count)
            }
        }
        return (code, uncommented)
    }
}
