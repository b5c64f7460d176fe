import Foundation
import TestSupport

extension FleetScene {
    /// Gives root another password, as a provider would.
    func setPassword(_ password: String, on number: Int = 1) throws {
        let file = directory + "/password"
        try "root:\(password)\n".write(toFile: file, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(atPath: file) }
        try run("docker exec -i \(name)-\(number) chpasswd < '\(file)'")
    }

    /// The files of a server in which one of these texts stands; `journal` is among them when it has one.
    func files(with texts: [String], on number: Int = 1) throws -> [String] {
        try withPatterns(texts) { patterns in
            let folders = "/etc /home /root /run /srv /tmp /usr/local /var/cache /var/lib /var/log /var/tmp"
            let server = "\(name)-\(number)"
            let found = attempt("docker exec -i \(server) grep -rlsF -D skip -f - \(folders) < '\(patterns)'")
            let journal = attempt("docker exec \(server) journalctl --no-pager -o verbose | grep -qF -f '\(patterns)'")
            return found.output.split(separator: "\n").map(String.init) + (journal.status == 0 ? ["journal"] : [])
        }
    }

    /// The files in which one of these texts stands, in folders of this machine.
    func files(with texts: [String], in folders: [String], but excluded: [String] = []) throws -> [String] {
        try withPatterns(texts) { patterns in
            let words = excluded.map { "--exclude='\($0)'" } + folders.map { "'\($0)'" }
            return attempt("grep -rlsF -D skip -f '\(patterns)' \(words.joined(separator: " "))").output
                .split(separator: "\n").map(String.init)
        }
    }

    private func withPatterns<R>(_ texts: [String], _ body: (String) throws -> R) throws -> R {
        guard !texts.isEmpty, texts.allSatisfy({ !$0.isEmpty && !$0.contains("\n") }) else {
            throw TestFailure("an empty pattern is found everywhere")
        }
        let patterns = directory + "/patterns"
        try (texts.joined(separator: "\n") + "\n").write(toFile: patterns, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(atPath: patterns) }
        return try body(patterns)
    }
}

extension InitScene {
    /// The logs of broker and database, where the tests' own are.
    var serverLogs: [String] {
        guard let control = ProcessInfo.processInfo.environment["RUCHE_TEST_SERVERS"] else { return [] }
        let state = URL(filePath: control).deletingLastPathComponent().path
        let settings = (try? String(contentsOfFile: state + "/servers", encoding: .utf8)) ?? ""
        let data = settings.split(separator: "\n").filter { $0.hasPrefix("DATA=/") }.map { String($0.dropFirst(5)) }
        return Set([state] + data).flatMap { folder in
            (FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? [])
                .filter { $0.hasSuffix(".log") }.map { "\(folder)/\($0)" }
        }
    }
}
