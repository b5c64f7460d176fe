/// A command line for the shell of another machine.
package enum RemoteCommand {
    /// The words, each as it is, for any shell of POSIX: whatever is in a word means nothing to it.
    ///
    /// - Throws: `malformed` for a word with control characters, or when there is no word.
    package static func line(_ words: [String]) throws(SSHError) -> String {
        guard !words.isEmpty else { throw SSHError(.malformed, "a command without a word") }
        var quoted: [String] = []
        for word in words { quoted.append(try quote(word)) }
        return quoted.joined(separator: " ")
    }

    /// A word between single quotes, which nothing ends but a single quote (POSIX.1, Shell Command Language, 2.2.2).
    static func quote(_ word: String) throws(SSHError) -> String {
        guard word.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
            throw SSHError(.malformed, "a word with a control character")
        }
        if !word.isEmpty, word.utf8.allSatisfy(isPlain) { return word }
        return "'" + word.replacing("'", with: "'\\''") + "'"
    }

    /// What needs no quotes.
    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"): true
        default: marks.contains(byte)
        }
    }

    private static let marks = Array("._/:@,+-".utf8)
}
