import Foundation

/// The stand-in for a Loki cluster, `Tests/Interop/fake_loki.py`, in a process of its own.
package final class FakeLoki {
    /// What it keeps and what came to it.
    package struct State: Decodable {
        package struct Line: Decodable {
            package let tenant: String
            package let labels: [String: String]
            package let at: String
            package let line: String
            package let metadata: [String: String]
        }

        package let lines: [Line]
        /// Pushes that came, whatever became of them.
        package let pushes: Int
        /// Lines that were dropped because they were there.
        package let duplicates: Int
        /// Breaches of the protocol.
        package let violations: [String]
        /// Pushes whose lines were kept before the answer was held back.
        package let held: Int
        /// Answers that were sent whole.
        package let answered: Int
        /// The status of each.
        package let statuses: [Int]
        /// When each push came, in seconds since 1970.
        package let at: [Double]
        /// Bytes of the bodies that were kept, as they came.
        package let bytes: Int
    }

    private let process: RunningProcess
    private let log: String
    private let authority: String?
    private let port: Int

    /// Starts it, with TLS if its certificate and authority are given.
    package init(tls: TestTLS? = nil) throws {
        log = NSTemporaryDirectory() + "/ruche-loki-\(UUID().uuidString).log"
        let script = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Interop/fake_loki.py").path(percentEncoded: false)
        var arguments = ["python3", "-u", script]
        if let tls { arguments += ["\(tls.directory)/server.pem", "\(tls.directory)/server.key"] }
        authority = tls.map { "\($0.directory)/ca.pem" }
        process = try RunningProcess(
            path: "/usr/bin/env", arguments: arguments,
            environment: ["PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"], log: log)
        try process.waitForLine(containing: "ready ")
        guard let port = process.output.firstMatch(of: /ready (\d+)/).flatMap({ Int($0.output.1) }) else {
            throw TestFailure("no port in:\n\(process.output)")
        }
        self.port = port
    }

    deinit {
        process.kill()
        try? FileManager.default.removeItem(atPath: log)
    }

    /// Where it is; the certificate names `localhost` only.
    package var url: String { authority == nil ? "http://127.0.0.1:\(port)" : "https://localhost:\(port)" }

    /// The settings of a worker that pushes here.
    package var settings: [String: String] { ["LOG_SINK": "loki", "LOKI_URL": url] }

    /// Changes what it does; the keys are in the script.
    package func set(_ rules: [String: Any]) throws {
        let body = String(decoding: try JSONSerialization.data(withJSONObject: rules), as: UTF8.self)
        _ = try curl(["-X", "POST", "-d", body, "\(url)/control"])
    }

    /// What it keeps and what came to it.
    package func state() throws -> State {
        try JSONDecoder().decode(State.self, from: Data(try curl(["\(url)/state"]).utf8))
    }

    /// Waits until something holds of it.
    package func wait(
        for what: String, within seconds: Double = 60, _ condition: (State) throws -> Bool
    ) throws {
        try eventually("Loki: \(what)", within: seconds) { try condition(try state()) }
    }

    /// Stops answering altogether, as a host that is gone.
    package func freeze() { process.send(SIGSTOP) }

    /// Goes on.
    package func thaw() { process.send(SIGCONT) }

    private func curl(_ arguments: [String]) throws -> String {
        let trust = authority.map { ["--cacert", $0] } ?? []
        let result = try FinishedProcess(
            path: "/usr/bin/env", arguments: ["curl", "-sSf", "-m", "10"] + trust + arguments,
            environment: ["PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"])
        guard result.status == 0 else { throw TestFailure("Loki: \(result.errors)") }
        return result.output
    }
}
