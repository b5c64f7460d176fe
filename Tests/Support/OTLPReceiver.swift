import Foundation

/// A receiver of OTLP/HTTP that reads with OpenTelemetry's own protobuf classes, `Tests/Interop/otlp_receiver.py`, in a
/// process of its own.
package final class OTLPReceiver {
    /// One span as it was read.
    package struct Span: Decodable {
        package let trace: String
        package let span: String
        /// Empty when it begins its trace.
        package let parent: String
        package let state: String
        package let flags: Int
        package let name: String
        package let kind: String
        /// Nanoseconds since 1970.
        package let start: Int
        package let end: Int
        package let status: String
        package let message: String
        /// Each behind the name of its type: `string rabbitmq`.
        package let attributes: [String: String]
        package let resource: [String: String]
        package let scope: String
    }

    /// What it keeps and what came to it.
    package struct State: Decodable {
        package let spans: [Span]
        package let requests: Int
        /// The status of each answer.
        package let statuses: [Int]
        /// Breaches of the protocol.
        package let violations: [String]
    }

    private let process: RunningProcess
    private let log: String
    private let port: Int

    /// The Python that has what it imports, made by `scripts/test`.
    package static let python = ProcessInfo.processInfo.environment["RUCHE_TEST_PYTHON"]

    /// Starts it.
    package init() throws {
        guard let python = Self.python else { throw TestFailure("RUCHE_TEST_PYTHON is not set") }
        log = NSTemporaryDirectory() + "/ruche-otlp-\(UUID().uuidString).log"
        let script = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Interop/otlp_receiver.py").path(percentEncoded: false)
        process = try RunningProcess(
            path: python, arguments: ["-u", script],
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

    /// Where it is.
    package var url: String { "http://127.0.0.1:\(port)" }

    /// The settings of a process that exports here, soon.
    package var settings: [String: String] {
        ["OTEL_EXPORTER_OTLP_ENDPOINT": url, "OTEL_BSP_SCHEDULE_DELAY": "50"]
    }

    /// Changes what it does; the keys are in the script.
    package func set(_ rules: [String: Any]) throws {
        let body = String(decoding: try JSONSerialization.data(withJSONObject: rules), as: UTF8.self)
        _ = try curl(["-X", "POST", "-d", body, "\(url)/control"])
    }

    /// What it keeps and what came to it.
    package func state() throws -> State {
        try JSONDecoder().decode(State.self, from: Data(try curl(["\(url)/state"]).utf8))
    }

    /// Waits until something holds of it. Returns how it is then.
    @discardableResult
    package func wait(for what: String, _ condition: (State) throws -> Bool) throws -> State {
        var last = try state()
        try eventually("the receiver: \(what)") {
            last = try state()
            return try condition(last)
        }
        return last
    }

    private func curl(_ arguments: [String]) throws -> String {
        let result = try FinishedProcess(
            path: "/usr/bin/env", arguments: ["curl", "-sSf", "-m", "10"] + arguments,
            environment: ["PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"])
        guard result.status == 0 else { throw TestFailure("the receiver: \(result.errors)") }
        return result.output
    }
}
