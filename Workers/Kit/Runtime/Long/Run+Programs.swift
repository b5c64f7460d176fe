package import Processes

extension Run {
    /// Lends `body` the right to run programs, for as long as the run is this process's own.
    ///
    /// **Guarantee.** Nothing that was started under it is left when this returns. Killed, frozen or too slow to renew,
    /// the process leaves no program to whoever has the run next.
    ///
    /// **Cost.** That of a ``Lease``. The executable begins with `GuardProcess.runIfAsked()`.
    ///
    /// - Throws: what `body` throws; `worker-failed`, retried and counted, when no guard is to be had.
    package func withPrograms<R: Sendable>(
        _ body: (Lease) async throws(Rejection) -> R
    ) async throws(Rejection) -> R {
        let lease: Lease
        do throws(ProcessError) { lease = try Lease(until: BootTime(heldUntil)) } catch {
            throw .transient("worker-failed", "No guard could be started: \(error)")
        }
        whileHeld { [weak lease] until in try? lease?.renew(until: BootTime(until)) }
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
