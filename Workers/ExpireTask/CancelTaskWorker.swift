package import Contracts
package import Runtime

/// Takes tasks back before their time.
///
/// **Guarantee.** The task is over, and its deadline is taken back. Cancelling twice is refused the second time, and
/// harmless.
///
/// Refused: `task-unknown`, `not-yours`, `task-ended`, `version-conflict`.
///
/// **Cost.** One round trip a batch; the update travels with the commit.
package struct CancelTaskWorker: BatchWorker {
    package init() {}

    package func handle(
        _ jobs: [Job<CancelTask>], in tx: borrowing Transaction
    ) throws(Rejection) -> [JobEnding<TaskRecord>] {
        var locked = try LockedTasks.lock(jobs.map(\.command.taskId), in: tx)
        var cancelled: [UniqueID] = []
        let endings = jobs.map { Self.decide($0, &locked, &cancelled) }
        if !cancelled.isEmpty { try tx.send(TaskBook.cancel(cancelled.sorted(), at: locked.now)) }
        for task in cancelled { tx.unschedule(subject: task) }
        return endings
    }

    /// Cancels one task in memory: the next command of the batch sees it.
    package static func decide(
        _ job: Job<CancelTask>, _ locked: inout LockedTasks, _ cancelled: inout [UniqueID]
    ) -> JobEnding<TaskRecord> {
        let (command, now) = (job.command, locked.now)
        return locked.tasks.find(command.taskId, of: job.tenant).flatMap { found in
            if let refusal = found.refusal(to: command.owner, version: command.version, at: now) {
                return .failure(refusal)
            }
            var task = found
            task.state = .cancelled
            task.changedAt = now
            locked.tasks[task.id] = task
            cancelled.append(task.id)
            return .success(task.record)
        }
    }
}
