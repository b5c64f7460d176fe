import Foundation
import TestSupport
import Testing

/// Tab, pressed in real shells.
@Suite(.servers) struct CLIShellCompletionTests {
    /// What is typed before Tab, and what stands there after it. Nothing but one word may be offered.
    static let typed: [(line: String, shown: String)] = [
        ("ruche jobs l", "ruche jobs list "), ("ruche sessions --color al", "ruche sessions --color always "),
        ("ruche sessions --color=al", "ruche sessions --color=always "), ("ruche help dead l", "ruche help dead list "),
        ("ruche contracts show rel", "ruche contracts show release-ip "),
        ("ruche enqueue lease-ip --ndj", "ruche enqueue lease-ip --ndjson "),
        ("ruche import two", "ruche import two\\ words.csv "), ("ruche import fold", "ruche import folder/"),
    ]

    /// A shell at a terminal, in a folder with a file and a folder, that has sourced what `ruche` prints for it.
    private func withShell(
        _ path: String, _ arguments: [String], _ setUp: String, _ body: (PseudoTerminal) throws -> Void
    ) throws {
        let folder = NSTemporaryDirectory() + "ruche-shell-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try FileManager.default.createDirectory(atPath: folder + "/folder", withIntermediateDirectories: true)
        _ = FileManager.default.createFile(atPath: folder + "/two words.csv", contents: nil)
        let binaries = try TestServers.require().binaries
        let shell = try PseudoTerminal(
            path: path, arguments: arguments,
            environment: ["PATH": "\(binaries):/usr/bin:/bin", "HOME": folder, "TERM": "dumb", "INPUTRC": "/dev/null"],
            columns: 200)
        // The prompt is not what is echoed here.
        try shell.type("cd '\(folder)'; \(setUp); PS1='at ''your ser''vice '\r")
        try shell.waitForOutput(containing: "at your service ")
        try body(shell)
    }

    @Test(
        .enabled(if: Shells.have("/usr/bin/zsh")),
        arguments: [
            ("/bin/bash", ["--norc", "--noprofile", "-i"], "source <(ruche completion bash)"),
            ("/usr/bin/zsh", ["-f", "-i"], "autoload -U compinit; compinit -D -u; source <(ruche completion zsh)"),
            // As a file that zsh loads at the first Tab.
            (
                "/usr/bin/zsh", ["-f", "-i"],
                "mkdir f; ruche completion zsh > f/_ruche; fpath=($PWD/f $fpath); autoload -U compinit; compinit -D -u"
            ),
        ] as [(String, [String], String)])
    func tabWritesTheRest(path: String, arguments: [String], setUp: String) throws {
        try withShell(path, arguments, setUp) { shell in
            for (line, shown) in Self.typed {
                let before = shell.output.count
                try shell.type(line + "\t")
                try shell.waitForPrompt(shown, after: before)
                // Ctrl-U forgets the line.
                try shell.type("\u{15}")
            }
        }
    }

    @Test(
        .enabled(if: Shells.have("/usr/bin/fish")),
        arguments: [
            ("ruche jobs l", ["list\tjobs, newest first"]), ("ruche sessions -o js", ["json", "jsonl"]),
            ("ruche sessions --color=al", ["--color=always"]), ("ruche contracts show rene", ["renew-lease\t"]),
            ("ruche import fold", ["folder/"]), ("ruche top --every 5s --on", ["--once\tprint it once"]),
            ("ruche version extra", []),
        ] as [(String, [String])])
    func fishOffersTheSame(line: String, offered: [String]) throws {
        let folder = NSTemporaryDirectory() + "ruche-shell-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try FileManager.default.createDirectory(atPath: folder + "/folder", withIntermediateDirectories: true)
        let binaries = try TestServers.require().binaries
        let run = try FinishedProcess(
            path: "/usr/bin/fish",
            arguments: ["--no-config", "-c", "cd '\(folder)'; ruche completion fish | source; complete -C '\(line)'"],
            environment: ["PATH": "\(binaries):/usr/bin:/bin", "HOME": folder])
        let lines = run.output.split(separator: "\n")
        #expect(run.status == 0 && run.errors.isEmpty, "\(run.errors)")
        #expect(lines.count == offered.count, "\(run.output)")
        for (line, beginning) in zip(lines, offered) { #expect(line.hasPrefix(beginning), "\(line)") }
    }
}

/// Shells that are not installed are a skip at a desk, and an error in CI; `scripts/test` installs them.
private enum Shells {
    static func have(_ path: String) -> Bool {
        FileManager.default.isExecutableFile(atPath: path) || TestServers.isCI
    }
}

extension PseudoTerminal {
    /// Reads until a text stands in what was shown after so many characters.
    fileprivate func waitForPrompt(_ text: String, after count: Int) throws {
        try waitForOutput { String($0.dropFirst(count)).replacing("\u{7}", with: "").contains(text) }
    }
}
