package import Contracts
import HTTPClient
package import Runtime
import Synchronization

/// One Loki cluster, and what is known of the pushes to it.
///
/// Used by the thread of the loop; only the health check asks from elsewhere.
package final class LokiSink: Sendable {
    private struct State: ~Copyable {
        var link: LokiLink
        /// What Loki took of commands whose batch could not end: they are not pushed again when it comes back.
        /// Forgetting it costs nothing but bytes.
        var taken: [UniqueID: JobEnding<LogsIngested>] = [:]
        /// The push that failed last, by which is found out whether Loki is back.
        var failed: (body: [UInt8], tenant: String?)?
    }

    private let state: Mutex<State>
    private let problem: Mutex<String?>
    private let settings: LokiSettings

    /// Reads its settings; `nil` when something is wrong, which is noted there.
    package convenience init?(reading settings: inout Settings) {
        guard let read = LokiSettings(reading: &settings) else { return nil }
        do throws(ClientError) { try self.init(read) } catch {
            settings.refuse("LOG_SINK: \(error)")
            return nil
        }
    }

    private init(_ settings: LokiSettings) throws(ClientError) {
        self.settings = settings
        state = Mutex(State(link: try LokiLink(settings)))
        problem = Mutex(nil)
    }

    /// Whether the last push went well.
    package var check: HealthCheck {
        HealthCheck("loki") { [self] in problem.withLock { $0 }.map { .failing($0) } ?? .ok }
    }

    /// Pushes the lines of all commands. Returns when Loki has acknowledged those that the completions call accepted.
    ///
    /// - Throws: ``Rejection/away(_:_:pause:)``; then nothing is said about any command, and all are to be given again.
    package func push(_ jobs: [Job<IngestLogs>], at now: Timestamp) throws(Rejection) -> [JobEnding<LogsIngested>] {
        try state.withLock { state throws(Rejection) in
            try rest(state.link)
            state.link.begin(within: settings.timeout)
            var endings = state.taken
            let unknown = jobs.filter { job in
                guard endings[job.key] == nil else { return false }
                guard let tenant = settings.tenancy.tenant(for: job.tenant), !LokiTenancy.isValid(tenant) else {
                    return true
                }
                endings[job.key] = .failure(.failed("tenant-invalid", "Loki has no tenants of such a name."))
                return false
            }
            for push in LokiPush.plan(unknown, at: now, settings.tenancy) {
                for (key, ending) in try self.endings(of: push, &state) {
                    endings[key] = ending
                    state.taken[key] = ending
                }
            }
            state.taken = [:]
            succeed(&state)
            return jobs.map { endings[$0.key]! }
        }
    }

    /// Makes the push that failed last once more. What it holds was handed back and will be pushed again, which Loki
    /// drops.
    package func probe() throws(Rejection) {
        try state.withLock { state throws(Rejection) in
            guard let failed = state.failed else { return }
            try rest(state.link)
            state.link.begin(within: settings.timeout)
            _ = try send(failed.body, failed.tenant, &state)
            succeed(&state)
        }
    }

    private func succeed(_ state: inout State) {
        state.failed = nil
        state.link.recovered()
        problem.withLock { $0 = nil }
    }

    /// What Loki asked for is kept also by who comes without having waited.
    private func rest(_ link: borrowing LokiLink) throws(Rejection) {
        guard let left = link.rest else { return }
        throw .away("loki-unavailable", problem.withLock { $0 } ?? "Loki is left alone.", pause: left)
    }

    private func endings(
        of push: LokiPush, _ state: inout State
    ) throws(Rejection) -> [(UniqueID, JobEnding<LogsIngested>)] {
        let pieces = LokiBody.pieces(of: push.logs, labelled: settings.tenancy.isLabelled)
        var refusal: String?
        if !pieces.isEmpty { refusal = try send(LokiBody.encode(pieces), push.tenant, &state) }
        guard refusal != nil else { return push.parts.map { ($0.key, .success($0.completion)) } }
        // Each alone, so that one command's lines cost no other anything.
        var endings: [(UniqueID, JobEnding<LogsIngested>)] = []
        for part in push.parts {
            let ending = try sift(part, of: push, &state)
            endings.append((part.key, ending))
            state.taken[part.key] = ending
        }
        return endings
    }

    private func sift(
        _ part: LokiPush.Part, of push: LokiPush, _ state: inout State
    ) throws(Rejection) -> JobEnding<LogsIngested> {
        let (command, pointers) = part.command.numbered()
        var logs = GatheredLogs(at: push.time)
        _ = logs.add(command, of: part.tenant)
        var sieve = LokiSieve(LokiBody.pieces(of: logs, labelled: settings.tenancy.isLabelled), pointers: pointers)
        var said = ""
        while true {
            switch sieve.next() {
            case .push(let pieces):
                if let text = try send(LokiBody.encode(pieces), push.tenant, &state) {
                    said = text
                    sieve.refuse(text)
                } else {
                    sieve.take()
                }
            case .done: return .success(part.completion.leavingOut(sieve.rejections))
            case .undecided:
                return .failure(
                    .failed("loki-refused", "Loki refused lines in too many places to tell them apart: \(said)"))
            }
        }
    }

    /// Makes one push. Returns what Loki says when it refuses something.
    private func send(_ body: [UInt8], _ tenant: String?, _ state: inout State) throws(Rejection) -> String? {
        switch state.link.send(body, tenant) {
        case .taken: return nil
        case .refused(let text): return text
        case .away(let code, let message, let retryAfter):
            state.failed = (body, tenant)
            problem.withLock { $0 = message }
            throw .away(code, message, pause: state.link.fail(retryAfter))
        }
    }
}
