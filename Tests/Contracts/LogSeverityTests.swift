import Contracts
import Testing

struct LogSeverityTests {
    @Test(
        "The words of logging libraries are known in any case",
        arguments: [
            ("INFO", .info), ("Information", .info), ("notice", .info), ("warning", .warn), ("WRN", .warn),
            ("Err", .error), ("SEVERE", .error), ("crit", .fatal), ("emergency", .fatal), ("panic", .fatal),
            ("trace", .trace), ("Verbose", .trace), ("dbg", .debug), ("3", .error), ("6", .info), ("30", .info),
            ("60", .fatal), ("unknown", .unknown), ("loud", nil), ("", nil), ("8", nil), ("informationalists", nil),
        ] as [(String, LogSeverity?)])
    func words(word: String, severity: LogSeverity?) {
        #expect(LogSeverity(word: word.utf8) == severity)
    }

    @Test("Each severity has a letter of its own", arguments: LogSeverity.allCases)
    func letters(severity: LogSeverity) {
        #expect(LogSeverity(letter: severity.letter) == severity)
        #expect(LogSeverity.allCases.count { $0.letter == severity.letter } == 1)
        #expect(LogSeverity(letter: 0) == nil)
    }
}
