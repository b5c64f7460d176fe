import Glibc

/// What a process that is told everything by its environment says to arguments.
struct Usage: Equatable {
    /// The text, without its last line end.
    let text: String
    /// What the process ends with: 0, or `EX_USAGE`.
    let code: Int32

    /// The answer; `nil` when there are no arguments, and the process is to start.
    static func answer(to arguments: some Collection<String>, _ name: String, _ purpose: String) -> Usage? {
        guard let first = arguments.first else { return nil }
        guard arguments.count == 1 else { return refusal(name) }
        switch first {
        case "--version", "-V": return Usage(text: "\(name) \(Service.version)", code: 0)
        case "--help", "-h":
            let lines = [
                "\(name): \(purpose)",
                "Settings come from the environment: AMQP_URL, DATABASE_URL or PG*, RUCHE_KEY_FILE and others.",
                "All of them are listed in CHANGELOG.md; --version prints the edition.",
            ]
            return Usage(text: lines.joined(separator: "\n"), code: 0)
        default: return refusal(name)
        }
    }

    private static func refusal(_ name: String) -> Usage {
        let text = "\(name) takes no arguments: settings come from the environment; see: \(name) --help"
        return Usage(text: text, code: EX_USAGE)
    }

    /// Writes the text to stdout, or to stderr what is wrong, and ends the process.
    func give() -> Never {
        let line = Array("\(text)\n".utf8)
        _ = unsafe line.withUnsafeBytes { unsafe write(code == 0 ? 1 : 2, $0.baseAddress, $0.count) }
        exit(code)
    }
}
