import Contracts
import Glibc
import Runtime

/// The long worker of the tests. Its tables are made by the test; each step leaves one row, with the fence of whoever
/// did it.
struct LongProbeWorker: LongWorker {
    /// `PROBE_RUN_TIMEOUT` in milliseconds.
    private static let timeout = unsafe getenv("PROBE_RUN_TIMEOUT").flatMap { unsafe Int(String(cString: $0)) }

    static var options: LongOptions {
        LongOptions {
            if let timeout { $0.timeout = .milliseconds(timeout) }
            $0.retry = RetryPolicy(attempts: 3, base: .milliseconds(20), cap: .milliseconds(100))
        }
    }

    func handle(_ probe: LongProbe, in run: Run) async throws(Rejection) -> Closing<LongProbed> {
        if !probe.targets.isEmpty { try await run.lock(probe.targets) }
        let first = try run.checkpoint(as: LongProbeMark.self)?.step ?? 0
        do throws(Rejection) {
            for step in first..<max(first, probe.steps) { try await take(step, of: probe, run) }
        } catch {
            // What it has done is undone: a row that says so.
            if error.consequence == .cancel { try await leave(-1, run) }
            throw error
        }
        switch probe.act {
        case .refuse: throw .refused("told-to", "The test said so.")
        case .recover where run.attempt == 1: throw .transient("told-to", "The test said so.")
        default: break
        }
        let (attempt, fence, job) = (run.attempt, run.fence, run.key)
        return Closing { (tx: borrowing Transaction) throws(Rejection) in
            try tx.send("INSERT INTO long_probe_effect (job) VALUES (\(job))")
            if probe.act == .refuseLate { throw .refused("told-to", "The test said so.") }
            return LongProbed(attempt: attempt, fence: fence)
        }
    }

    func quiet(_ probe: LongProbe, in run: Run) async throws(Rejection) { try await leave(-2, run) }

    private func take(_ step: Int, of probe: LongProbe, _ run: Run) async throws(Rejection) {
        if step >= probe.gate { try await wait(at: step, run, isStubborn: probe.act == .stubborn) }
        if probe.act == .die, step == probe.steps - 1 { kill(getpid(), SIGKILL) }
        try await leave(step, run)
        try await run.checkpoint(
            LongProbeMark(step: step + 1), progress: Progress(step: "step", done: step + 1, total: probe.steps))
    }

    /// Waits until the test lets it through.
    private func wait(at step: Int, _ run: Run, isStubborn: Bool) async throws(Rejection) {
        let id = run.id
        while true {
            let isOpen = try await run.transaction { (tx: borrowing Transaction) throws(Rejection) in
                !(try tx.query("SELECT FROM probe_gate WHERE id = \(id) AND step = \(Int64(step))")).isEmpty
            }
            if isOpen { return }
            if isStubborn {
                try? await Task.sleep(for: .milliseconds(20))
            } else {
                try await run.sleep(for: .milliseconds(20))
            }
        }
    }

    private func leave(_ step: Int, _ run: Run) async throws(Rejection) {
        let (job, fence) = (run.key, Int64(run.fence))
        try await run.transaction { (tx: borrowing Transaction) throws(Rejection) in
            try tx.send("INSERT INTO probe_step (job, step, fence) VALUES (\(job), \(Int64(step)), \(fence))")
        }
    }
}
