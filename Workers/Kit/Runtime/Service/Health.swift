package import HTTP

/// Whether one part of a process is well.
package enum CheckResult: Sendable, Equatable {
    case ok
    case failing(String)
}

/// A named question about a process.
package struct HealthCheck: Sendable {
    package let name: String
    /// Answers now; must not block.
    package let ask: @Sendable () -> CheckResult

    package init(_ name: String, _ ask: @escaping @Sendable () -> CheckResult) {
        self.name = name
        self.ask = ask
    }
}

/// What `/livez`, `/readyz` and `/metrics` answer.
///
/// Liveness depends on nothing outside the process: a broker that is away must not restart its workers. Readiness says
/// whether work is being done now.
package struct Health: Sendable {
    let live: [HealthCheck]
    let ready: [HealthCheck]
    let metrics: Metrics

    package init(live: [HealthCheck], ready: [HealthCheck], metrics: Metrics) {
        self.live = live
        self.ready = ready
        self.metrics = metrics
    }

    /// The liveness checks that fail now.
    package var ailments: [String] { Self.failures(of: live) }

    /// Answers one request. An unknown path is 404; anything but GET and HEAD on a known one is 405.
    package func answer(_ request: HTTPRequest) -> HTTPResponse {
        var response: HTTPResponse
        switch request.path {
        case "/livez", "/healthz", "/readyz", "/metrics":
            guard request.method == .get || request.method == .head else {
                response = .text("method not allowed\n", status: 405)
                response.headers["Allow"] = "GET, HEAD"
                return response
            }
        default: return .text("not found\n", status: 404)
        }
        switch request.path {
        case "/metrics":
            response = HTTPResponse(
                status: 200, headers: ["Content-Type": Metrics.contentType], body: Array(metrics.render().utf8))
        case "/readyz": response = report(ready, request)
        default: response = report(live, request)
        }
        response.headers["Cache-Control"] = "no-store"
        return response
    }

    private func report(_ checks: [HealthCheck], _ request: HTTPRequest) -> HTTPResponse {
        let results = checks.map { ($0.name, $0.ask()) }
        let isWell = results.allSatisfy { $0.1 == .ok }
        var lines = isWell ? "ok\n" : "failing\n"
        if request.parameter("verbose") != nil || !isWell {
            for (name, result) in results {
                switch result {
                case .ok: lines += "[+] \(name)\n"
                case .failing(let reason): lines += "[-] \(name): \(reason)\n"
                }
            }
        }
        return .text(lines, status: isWell ? 200 : 503)
    }

    private static func failures(of checks: [HealthCheck]) -> [String] {
        checks.compactMap { check in
            guard case .failing(let reason) = check.ask() else { return nil }
            return "\(check.name): \(reason)"
        }
    }
}
