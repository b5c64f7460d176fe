import Foundation
import TestSupport
import Testing

/// What shells and readers of the documents get from the real `ruche`.
@Suite(.servers) struct CLIOutputTests {
    private func ruche(_ arguments: [String], _ environment: [String: String] = [:]) throws -> FinishedProcess {
        try FinishedProcess(
            path: "\(TestServers.require().binaries)/ruche", arguments: arguments, environment: environment)
    }

    @Test(arguments: [
        ("ruche jobs sh", "show"), ("ruche sessions --color al", "always"),
        ("ruche contracts show rene", "renew-lease"),
        ("ruche import no/such/fi", ""),
    ])
    func bashCompletes(line: String, offered: String) throws {
        let binaries = try TestServers.require().binaries
        let words = line.split(separator: " ").map(String.init)
        let script = """
            export PATH="\(binaries):$PATH"
            source <(ruche completion bash)
            COMP_WORDS=(\(line)); COMP_CWORD=\(words.count - 1)
            _ruche ruche "\(words.last!)" "\(words[words.count - 2])"
            complete -p ruche >&2
            printf '%s\\n' "${COMPREPLY[@]}"
            """
        let run = try FinishedProcess(
            path: "/bin/bash", arguments: ["--norc", "-c", script], environment: ["PATH": "/usr/bin:/bin"])
        #expect(run.output == offered + "\n")
        #expect(run.errors == "complete -F _ruche ruche\n")
    }

    @Test func theManPageHasNoFault() throws {
        let page = try ruche(["man"])
        #expect(page.status == 0 && page.output.utf8.allSatisfy { $0 < 0x80 })
        guard FileManager.default.isExecutableFile(atPath: "/usr/bin/groff") else { return }
        let shown = try FinishedProcess(
            path: "/usr/bin/groff", arguments: ["-man", "-Tutf8", "-ww"], environment: ["PATH": "/usr/bin:/bin"],
            input: page.output)
        #expect(shown.status == 0 && shown.errors.isEmpty, "\(shown.errors)")
        // Bold is struck twice, or an escape sequence.
        let scalars = shown.output.unicodeScalars.split(separator: "\n").map { line in
            line.reduce(into: String.UnicodeScalarView()) { kept, scalar in
                if scalar == "\u{8}" { _ = kept.popLast() } else { kept.append(scalar) }
            }
        }
        let plain = scalars.map { String($0) }.joined(separator: "\n").replacing(/\u{1B}\[[0-9;]*m/, with: "")
        for said in ["jobs list", "--journal FILE", "RUCHE_KEY_FILE", "124", "EXIT STATUS"] {
            #expect(plain.contains(said), "\(said)")
        }
    }

    @Test func theConfigurationIsShownWithoutItsSecrets() throws {
        let path = NSTemporaryDirectory() + "/ruche-url-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: path) }
        try "amqp://u:hidden-1@h/\n".write(toFile: path, atomically: true, encoding: .utf8)
        let environment = [
            "AMQP_URL_FILE": path, "DATABASE_URL": "postgresql://u:hidden-2@h/d", "QUARANTINE": "5m",
        ]
        let shown = try ruche(["config", "show", "--json"], environment)
        #expect(shown.status == 0 && !shown.output.contains("hidden"))
        #expect(try JSONShape(contentsOf: schemaPath("config-show")).faults(in: shown.output) == [])
        #expect(shown.output.contains(#""name":"AMQP_URL","value":"***","source":"file""#))
        #expect(shown.output.contains(#""name":"QUARANTINE","value":"5m","source":"environment""#))
        #expect(shown.output.contains(#""name":"LOG_LEVEL","value":"info","source":"default""#))

        let right = try ruche(["config", "check"], environment)
        #expect(right.status == 0, "\(right.output)")
        for (name, value, isOpen) in [
            ("RABBITMQ_MANAGEMENT_URL", "http://10.0.0.1:15672", true),
            ("RABBITMQ_MANAGEMENT_URL", "http://localhost:15672", false),
            ("LOKI_URL", "http://me:hidden@loki.example:3100", true), ("LOKI_URL", "http://loki.example:3100", false),
            ("LOKI_URL", "https://me:hidden@loki.example:3100", false),
        ] {
            let checked = try ruche(["config", "check"], environment.merging([name: value]) { $1 })
            #expect(checked.status == 0 && !checked.output.contains("hidden"))
            #expect(checked.output.contains("\(name) sends credentials unencrypted") == isOpen, "\(value)")
        }
        let wrong = try ruche(
            ["config", "check", "--json"],
            environment.merging([
                "AMQP_URL": "amqp://x/", "PORT": "70000", "LOG_LEVEL": "loud", "SHUTDOWN_GRACE": "20",
                "DATABASE_PASSWORD_FILE": "/no/such", "RUCHE_KEYFILE": "x",
            ]) { $1 })
        #expect(wrong.status == 1)
        for said in [
            "AMQP_URL and AMQP_URL_FILE are both set", "PORT takes a number from 0 to 65535", "LOG_LEVEL takes one of",
            "SHUTDOWN_GRACE takes a duration", "DATABASE_PASSWORD_FILE: /no/such cannot be read",
            "RUCHE_KEYFILE is not a setting; did you mean RUCHE_KEY_FILE?",
        ] { #expect(wrong.output.contains(said), "\(said)") }
        #expect(try JSONShape(contentsOf: schemaPath("config-check")).faults(in: wrong.output) == [])
    }
}
