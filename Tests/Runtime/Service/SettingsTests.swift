import Foundation
import Testing

@testable import Runtime

@Suite("Settings")
struct SettingsTests {
    private enum Colour: String, CaseIterable { case red, green }

    /// The problems that reading some settings meets.
    private func problems(_ environment: [String: String], _ read: (inout Settings) -> Void) -> [String] {
        var settings = Settings(environment)
        read(&settings)
        do throws(SettingsError) {
            try settings.check()
            return []
        } catch { return error.problems }
    }

    /// Runs a closure with a file of the given content.
    private func withFile(_ content: Data, _ body: (String) -> Void) throws {
        let url = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try content.write(to: url)
        defer { try? FileManager.default.removeItem(at: url) }
        body(url.path(percentEncoded: false))
    }

    @Test("Values are read by type, and what is not set has its default")
    func types() throws {
        var settings = Settings(["A": "x", "N": "7", "D": "90s", "F": "yes", "P": "8080", "C": "GREEN", "EMPTY": ""])
        #expect(settings.text("A") == "x" && settings.text("EMPTY") == nil && settings.required("A") == "x")
        #expect(settings.integer("N", in: 1...9, default: 1) == 7 && settings.integer("M", in: 1...9, default: 3) == 3)
        #expect(settings.duration("D", default: .zero) == .seconds(90))
        #expect(settings.flag("F", default: false) && settings.flag("G", default: true))
        #expect(settings.port("P", default: 0) == 8080 && settings.choice("C", default: Colour.red) == .green)
        try settings.check()
    }

    @Test("Every problem is told, each with its name and what was expected")
    func allProblems() {
        let found = problems(["N": "12", "D": "5", "F": "perhaps", "P": "65536", "C": "blue"]) { settings in
            _ = settings.integer("N", in: 1...9, default: 1)
            _ = settings.duration("D", default: .zero)
            _ = settings.flag("F", default: false)
            _ = settings.port("P", default: 0)
            _ = settings.choice("C", default: Colour.red)
            _ = settings.required("MISSING")
        }
        #expect(
            found == [
                "N takes a number from 1 to 9", "D takes a duration such as 500ms, 30s, 5m, 2h or 1d",
                "F takes true or false", "P takes a port from 0 to 65535", "C takes one of red, green",
                "MISSING is not set",
            ])
    }

    @Test(
        "A flag is written in the usual ways",
        arguments: [
            ("true", true), ("1", true), ("YES", true), ("on", true), ("false", false), ("0", false), ("No", false),
            ("off", false),
        ])
    func flags(text: String, value: Bool) {
        var settings = Settings(["F": text])
        #expect(settings.flag("F", default: !value) == value)
    }

    @Test(
        "Durations need a unit and have bounds",
        arguments: [
            ("500ms", Duration.milliseconds(500)), ("0s", .zero), ("30s", .seconds(30)), ("5m", .seconds(300)),
            ("2h", .seconds(7200)), ("1d", .seconds(86_400)), ("30", nil), ("", nil), ("s", nil), ("-1s", nil),
            ("1.5s", nil),
            ("30 s", nil), ("1w", nil), ("99999999999999999999s", nil), ("9999999999999d", nil), ("٣s", nil),
        ])
    func durations(text: String, value: Duration?) { #expect(Duration(text: text) == value) }

    @Test(
        "A file gives the value, less one line break",
        arguments: [
            ("secret", "secret"), ("secret\n", "secret"), ("secret\r\n", "secret"), ("secret\n\n", "secret\n"),
            ("secret\r", "secret\r"), (" secret ", " secret "),
        ])
    func files(content: String, value: String) throws {
        try withFile(Data(content.utf8)) { path in
            var settings = Settings(["PASSWORD_FILE": path])
            #expect(settings.text("PASSWORD", secret: true) == value)
        }
    }

    @Test("A value and its file together, and a file that is missing, too large or not text, are problems")
    func badFiles() throws {
        #expect(problems(["A_FILE": "/nonexistent"]) { _ = $0.text("A") } == ["A_FILE: /nonexistent cannot be read"])
        try withFile(Data("x".utf8)) { path in
            #expect(
                problems(["A": "y", "A_FILE": path]) { _ = $0.text("A") } == ["A and A_FILE are both set; set one"])
        }
        for content in [Data([0xff]), Data(repeating: 0x61, count: 1_048_577)] {
            try withFile(content) { path in
                #expect(problems(["A_FILE": path]) { _ = $0.text("A") } == ["A_FILE: \(path) cannot be read"])
            }
        }
    }

    @Test("What is in force is listed once with its origin, and secrets are masked")
    func entries() throws {
        try withFile(Data("hunter2\n".utf8)) { path in
            var settings = Settings(["URL": "amqp://u:hunter2@h", "PASSWORD_FILE": path, "N": "5"])
            _ = settings.text("URL", secret: true)
            _ = settings.text("PASSWORD", secret: true)
            _ = settings.integer("N", in: 1...9, default: 1)
            _ = settings.integer("N", in: 1...9, default: 1)
            _ = settings.duration("D", default: .seconds(90))
            _ = settings.text("T")
            #expect(settings.entries.map(\.name) == ["URL", "PASSWORD", "N", "D", "T"])
            #expect(settings.entries.map(\.origin) == [.environment, .file, .environment, .default, .default])
            #expect(settings.entries.map(\.shown) == ["***", "***", "5", "90s", nil])
            #expect(
                settings.describe() == [
                    "URL=*** (environment)", "PASSWORD=*** (file)", "N=5 (environment)", "D=90s (default)",
                    "T (not set)",
                ])
        }
    }

    @Test(
        "A name of ours that nobody reads is told, with the one that was meant",
        arguments: [
            ("RUCHE_KEY_FIEL", "RUCHE_KEY_FIEL is not a setting; did you mean RUCHE_KEY_FILE?"),
            ("RUCHE_PREFECTH", "RUCHE_PREFECTH is not a setting; did you mean RUCHE_PREFETCH?"),
            ("RUCHE_AMQP_URL", "RUCHE_AMQP_URL is not a setting; did you mean AMQP_URL?"),
            ("RUCHE_SOMETHING_ELSE", "RUCHE_SOMETHING_ELSE is not a setting"),
        ])
    func strangers(name: String, told: String) {
        var settings = Settings([name: "x", "RUCHE_PREFETCH_FILE": "/nonexistent", "RUCHE_TEST_X": "", "OTHER": ""])
        _ = settings.text("RUCHE_KEY_FILE")
        _ = settings.text("RUCHE_PREFETCH")
        _ = settings.text("AMQP_URL")
        #expect(settings.strangers == [told])
    }

    @Test("An error says the values of nothing")
    func noValues() {
        let found = problems(["N": "hunter2", "D": "hunter2", "C": "hunter2", "F": "hunter2", "P": "hunter2"]) {
            _ = $0.integer("N", in: 1...9, default: 1)
            _ = $0.duration("D", default: .zero)
            _ = $0.choice("C", default: Colour.red)
            _ = $0.flag("F", default: true)
            _ = $0.port("P", default: 1)
        }
        #expect(found.count == 5 && !found.joined().contains("hunter2"))
    }
}
