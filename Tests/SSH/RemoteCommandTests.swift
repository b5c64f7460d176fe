import Foundation
import Testing

@testable import SSH

/// What the shell of another machine makes of words.
@Suite("Remote commands") struct RemoteCommandTests {
    @Test(
        "A shell sees the words as they are",
        arguments: [
            "plain", "", " ", "two words", "'", "''", "\"; rm -rf / #", "$(id)", "`id`", "${HOME}", "a\\", "\\'", "*",
            "~", "{{ lookup('pipe','id') }}", "-n", "é 🫖", "&& false", "|", "!1", "a=b", "#",
        ])
    func asTheyAre(word: String) throws {
        let line = try RemoteCommand.line(["printf", "%s|", word, "end"])
        for shell in ["sh", "bash"] {
            let process = Process()
            process.executableURL = URL(filePath: "/bin/\(shell)")
            process.arguments = ["-c", line]
            let pipe = Pipe()
            process.standardOutput = pipe
            try process.run()
            let said = try pipe.fileHandleForReading.readToEnd() ?? Data()
            process.waitUntilExit()
            #expect(String(decoding: said, as: UTF8.self) == "\(word)|end|", "\(shell): \(line)")
        }
    }

    @Test("Words with control characters are refused", arguments: ["a\0b", "a\nb", "\t", "\u{1b}[0m", "\u{7f}"])
    func refused(word: String) {
        let error = #expect(throws: SSHError.self) { try RemoteCommand.line(["echo", word]) }
        #expect(error?.code == .malformed)
        #expect(!"\(error.map { "\($0)" } ?? "")".contains("echo"))
    }

    @Test("A command has a word")
    func empty() { #expect(throws: SSHError.self) { try RemoteCommand.line([]) } }
}
