import Processes
import Runtime

/// The right of a run to run programs, for as long as the run is this process's own.
enum RunLease {
    /// Lends it to `body`, and ends it: nothing that was started under it is left when this returns.
    ///
    /// - Throws: what `body` throws; `worker-failed` when there is no guard to be had.
    static func with<R: Sendable>(
        _ run: Run, _ body: (Lease) async throws(Rejection) -> R
    ) async throws(Rejection) -> R {
        let lease: Lease
        do throws(ProcessError) { lease = try Lease(until: BootTime(run.heldUntil)) } catch {
            throw .transient("worker-failed", "No guard could be started: \(error)")
        }
        run.whileHeld { [weak lease] until in try? lease?.renew(until: BootTime(until)) }
        do throws(Rejection) {
            let result = try await body(lease)
            await lease.end()
            return result
        } catch {
            await lease.end()
            throw error
        }
    }
}
