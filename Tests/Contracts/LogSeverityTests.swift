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

extension LogSeverityTests {
    @Test(
        "A line tells its severity",
        arguments: [
            // Fields come first, wherever they stand.
            (#"{"level":"warn","msg":"error in the text"}"#, .warn),
            (#"{"msg":"an \"error\":\"fatal\"","a":{"level":"debug"},"severity" : "ERROR"}"#, .error),
            (#"{"time":1,"level":50,"msg":"x"}"#, .error),
            (#"{"msg":"no level, but an error"}"#, .error),
            (#"{"level":"warn"#, .warn),
            (#"ts=2026-05-04T10:00:00Z level=info msg="error: gone""#, .info),
            (#"time="10:00" lvl="WARNING" error=nil"#, .warn),
            ("err=nil error=\"\" took=5ms", .unknown),
            // glog and klog.
            ("E0504 10:00:00.123456  4711 main.go:12] boom", .error), ("W0504 10:00:00.1 1 x] y", .warn),
            ("E05 is no date", .unknown),
            // nginx, PostgreSQL, syslog-like, Python, Java.
            ("2026/05/04 10:00:00 [crit] 12#0: *3 connect() failed", .fatal),
            ("2026/05/04 10:00:00 [notice] 12#0: using the epoll event method", .info),
            ("2026-05-04 10:00:00 UTC [17] FATAL:  the database system is starting up", .fatal),
            ("2026-05-04 10:00:00 UTC [17] LOG:  checkpoint complete", .unknown),
            ("WARNING:root:disk nearly full", .warn), ("10:00:00.000 [main] TRACE c.e.App - entering", .trace),
            ("<err> disk gone", .error), ("Error: ENOENT: no such file", .error), ("panic: runtime error", .fatal),
            ("10:00:00 DBG starting", .debug),
            // Prose.
            ("stack trace follows", .unknown), ("take notice of the verbose alert", .unknown),
            ("errors: 0, errorless, error_count 3, terror", .unknown), ("GET /error404.html 200", .unknown),
            ("GET /cart 200 12ms", .unknown), ("", .unknown), ("é", .unknown), ("{", .unknown), ("level=", .unknown),
        ] as [(String, LogSeverity)])
    func lines(line: String, severity: LogSeverity) {
        #expect(LogSeverity(line: LogText(line)) == severity)
    }

    @Test("A word far behind the start of a line tells nothing")
    func far() {
        #expect(LogSeverity(line: LogText(String(repeating: "x ", count: 128) + "error")) == .unknown)
    }
}
