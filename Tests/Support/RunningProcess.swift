import Foundation

/// A process a test started, with its log. Ended by its id only, and at the latest with the test process.
package final class RunningProcess: @unchecked Sendable {
    // Foundation's Process is used from the test's thread only, but for `kill`, which takes the id.
    private let process = Process()
    package let log: String

    /// The process id.
    package var id: Int32 { process.processIdentifier }
    package var isRunning: Bool { process.isRunning }

    init(path: String, arguments: [String] = [], environment: [String: String], log: String) throws {
        self.log = log
        _ = FileManager.default.createFile(atPath: log, contents: nil)
        let handle = FileHandle(forWritingAtPath: log)
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = arguments
        process.environment = environment
        process.standardOutput = handle
        process.standardError = handle
        process.standardInput = FileHandle.nullDevice
        try process.run()
        ProcessGuard.shared.watch(id)
    }

    /// Ends it without notice and reaps it.
    package func kill() {
        send(SIGKILL)
        process.waitUntilExit()
    }

    /// Asks it to stop, and waits. Returns its exit code.
    @discardableResult
    package func terminate() -> Int32 {
        send(SIGTERM)
        process.waitUntilExit()
        return process.terminationStatus
    }

    /// Sends a signal, to a process of ours that still runs.
    package func send(_ signal: Int32) {
        if process.isRunning { _ = Foundation.kill(id, signal) }
    }

    /// Waits for the end. Returns the exit code, or the signal's number plus 128.
    package func waitForExit() -> Int32 {
        process.waitUntilExit()
        return process.terminationReason == .exit ? process.terminationStatus : 128 + process.terminationStatus
    }

    /// What it has written so far.
    package var output: String { (try? String(contentsOfFile: log, encoding: .utf8)) ?? "" }

    /// Waits until a line of the log contains `text`.
    package func waitForLine(containing text: String, within seconds: Double = 30) throws {
        try eventually("the log of \(process.executableURL?.lastPathComponent ?? "") says \(text)", within: seconds) {
            if output.contains(text) { return true }
            guard isRunning else { throw TestFailure("it ended with \(waitForExit()):\n\(output)") }
            return false
        }
    }
}

/// A process that ran to its end.
package struct FinishedProcess: Sendable {
    package let status: Int32
    package let output: String
    package let errors: String

    package init(
        path: String, arguments: [String], environment: [String: String], input: String? = nil
    ) throws {
        let process = Process()
        let directory = NSTemporaryDirectory()
        let stem = directory + "/ruche-run-" + UUID().uuidString
        defer { for end in ["out", "err", "in"] { try? FileManager.default.removeItem(atPath: "\(stem).\(end)") } }
        for end in ["out", "err"] { _ = FileManager.default.createFile(atPath: "\(stem).\(end)", contents: nil) }
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = arguments
        process.environment = environment
        // Files instead of pipes: a pipe nobody drains would stop the process.
        process.standardOutput = FileHandle(forWritingAtPath: "\(stem).out")
        process.standardError = FileHandle(forWritingAtPath: "\(stem).err")
        if let input {
            try input.write(toFile: "\(stem).in", atomically: true, encoding: .utf8)
            process.standardInput = FileHandle(forReadingAtPath: "\(stem).in")
        } else {
            process.standardInput = FileHandle.nullDevice
        }
        try process.run()
        process.waitUntilExit()
        status = process.terminationStatus
        output = (try? String(contentsOfFile: "\(stem).out", encoding: .utf8)) ?? ""
        errors = (try? String(contentsOfFile: "\(stem).err", encoding: .utf8)) ?? ""
    }
}

/// Waits for a condition that another process brings about; fails loudly when it does not come.
///
/// Only for what gives no signal of its own: a row, a log line. The limit is how long a broken run takes to fail, and
/// never decides whether a correct one passes.
package func eventually(
    _ what: String, within seconds: Double = 60, _ condition: () throws -> Bool
) throws {
    let deadline = Date.now.addingTimeInterval(seconds)
    while try !condition() {
        guard Date.now < deadline else { throw TestFailure("did not happen within \(seconds) s: \(what)") }
        usleep(20_000)
    }
}
