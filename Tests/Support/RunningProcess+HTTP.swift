import Foundation

extension RunningProcess {
    /// The port of its health answers, as its log says once it is ready.
    package func httpPort() throws -> Int {
        for line in output.split(separator: "\n") where line.contains("\"ready\"") {
            let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
            if let port = object?["http.port"] as? Int { return port }
        }
        throw TestFailure("no port in:\n\(output)")
    }

    /// Asks it for `livez`, `readyz` or `metrics`.
    package func get(_ path: String) throws -> (status: Int, body: String) {
        let result = try FinishedProcess(
            path: "/usr/bin/env",
            arguments: [
                "curl", "-sS", "-m", "5", "-w", "\n%{http_code}", "http://127.0.0.1:\(try httpPort())/\(path)",
            ],
            environment: ["PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"])
        guard result.status == 0 else { throw TestFailure("GET /\(path): \(result.errors)") }
        let lines = result.output.split(separator: "\n", omittingEmptySubsequences: false)
        return (Int(lines.last ?? "") ?? 0, lines.dropLast().joined(separator: "\n"))
    }
}
