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
        var times = LokiTimes()
        var memory = LokiMemory()
        /// The push that failed last, by which is found out whether Loki is back.
        var failed: (body: [UInt8], tenant: String?)?
    }

    private let state: Mutex<State>
    private let trouble: Mutex<LokiTrouble?>
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
        trouble = Mutex(nil)
    }

    /// Whether the last push went well. What nobody waits for any more is no trouble: the commands may have expired.
    package var check: HealthCheck {
        HealthCheck("loki") { [self] in trouble.withLock { $0 }?.message(at: .now).map { .failing($0) } ?? .ok }
    }

    /// Pushes the lines of all commands. Returns when Loki has acknowledged those that the completions call accepted.
    ///
    /// - Throws: ``Rejection/away(_:_:pause:)``; then nothing is said about any command, and all are to be given again.
    package func push(_ jobs: [Job<IngestLogs>], at now: Timestamp) throws(Rejection) -> [JobEnding<LogsIngested>] {
        try state.withLock { state throws(Rejection) in
            try rest(state.link)
            state.link.begin(within: settings.timeout)
            state.memory.begin(jobs, at: now)
            try pushTogether(jobs.filter { state.memory[$0.key] == nil }, at: now, &state)
            for job in jobs { try sift(job.key, at: now, &state) }
            let endings = jobs.map { job in
                guard case .ended(let ending)? = state.memory[job.key] else { preconditionFailure("a command is open") }
                return ending
            }
            state.memory.end()
            succeed(&state)
            return endings
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
        trouble.withLock { $0 = nil }
    }

    /// What Loki asked for is kept also by who comes without having waited.
    private func rest(_ link: borrowing LokiLink) throws(Rejection) {
        guard let left = link.rest else { return }
        throw .away(
            "loki-unavailable", trouble.withLock { $0 }?.message(at: .now) ?? "Loki is left alone.", pause: left)
    }

    /// Pushes commands in as few requests as may be. Those of a request of which something is refused are to be sifted.
    private func pushTogether(
        _ jobs: [Job<IngestLogs>], at now: Timestamp, _ state: inout State
    ) throws(Rejection) {
        var valid: [Job<IngestLogs>] = []
        for job in jobs {
            if let tenant = settings.tenancy.tenant(for: job.tenant), !LokiTenancy.isValid(tenant) {
                let rejection = Rejection.failed("tenant-invalid", "Loki has no tenants of such a name.")
                state.memory.note(.ended(.failure(rejection)), of: job.key, at: now)
            } else {
                valid.append(job)
            }
        }
        for push in LokiPush.plan(valid, at: now, settings.tenancy, times: &state.times) {
            let pieces = LokiBody.pieces(of: push.logs, labelled: settings.tenancy.isLabelled)
            var isRefused = false
            if !pieces.isEmpty { isRefused = try send(LokiBody.encode(pieces), push.tenant, &state) != nil }
            for part in push.parts {
                let stage: LokiMemory.Stage =
                    isRefused ? .sifting(sifting(part, of: push)) : .ended(.success(part.completion))
                state.memory.note(stage, of: part.key, at: now)
            }
        }
    }

    private func sifting(_ part: LokiPush.Part, of push: LokiPush) -> LokiMemory.Sifting {
        let (command, pointers) = part.command.numbered()
        var logs = GatheredLogs(at: push.time)
        _ = logs.add(command, of: part.tenant)
        let pieces = LokiBody.pieces(of: logs, labelled: settings.tenancy.isLabelled)
        return LokiMemory.Sifting(
            tenant: push.tenant, completion: part.completion, sieve: LokiSieve(pieces, pointers: pointers))
    }

    /// Finds out which lines of a command Loki refuses: each command alone, so that one's lines cost no other anything.
    /// What is found out is kept, also when Loki is away in the middle of it.
    private func sift(_ key: UniqueID, at now: Timestamp, _ state: inout State) throws(Rejection) {
        while case .sifting(var sifting)? = state.memory[key] {
            switch sifting.sieve.next() {
            case .push(let pieces):
                if let refusal = try send(LokiBody.encode(pieces), sifting.tenant, &state) {
                    sifting.sieve.refuse(refusal)
                } else {
                    sifting.sieve.take()
                }
                state.memory.note(.sifting(sifting), of: key, at: now)
            case .done:
                let completion = sifting.completion.leavingOut(sifting.sieve.rejections)
                state.memory.note(.ended(.success(completion)), of: key, at: now)
            case .undecided:
                let rejection = Rejection.failed(
                    "loki-refused",
                    "Loki refused lines in too many places to tell them apart: \(sifting.sieve.said)")
                state.memory.note(.ended(.failure(rejection)), of: key, at: now)
            }
        }
    }

    /// Makes one push. Returns what Loki says when it refuses something.
    private func send(
        _ body: [UInt8], _ tenant: String?, _ state: inout State
    ) throws(Rejection) -> LokiRefusal? {
        switch state.link.send(body, tenant) {
        case .taken:
            state.link.recovered()
            return nil
        case .refused(let refusal):
            state.link.recovered()
            return refusal
        case .away(let code, let message, let retryAfter):
            state.failed = (body, tenant)
            let pause = state.link.fail(retryAfter)
            trouble.withLock { $0 = LokiTrouble(message, at: .now, pause: pause) }
            throw .away(code, message, pause: pause)
        }
    }
}
