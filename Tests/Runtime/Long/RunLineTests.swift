import Contracts
import Testing

@testable import Runtime

/// What is kept of a run's log.
@Suite struct RunLineTests {
    @Test func aTextThatIsTooLongLosesItsEndAtAWholeCharacter() {
        let line = RunLine(.ok, step: "step", text: "a" + String(repeating: "é", count: RunLine.textLimit))
        #expect(line.text.utf8.count <= RunLine.textLimit && line.text.utf8.count > RunLine.textLimit - 4)
        #expect(line.text.hasPrefix("aé") && line.text.hasSuffix("é…"))
        let short = RunLine(.note, step: "step", text: String(repeating: "x", count: RunLine.textLimit))
        #expect(short.text.utf8.count == RunLine.textLimit && !short.text.hasSuffix("…"))
    }

    @Test func whatPostgreSQLCannotKeepIsMarked() {
        let line = RunLine(.failed, step: "a\0b", at: "192.0.2.1", text: "\0")
        #expect(line.step == "a\u{FFFD}b" && line.text == "\u{FFFD}")
    }
}
