package import Contracts
package import Runtime

/// Ends tasks whose time has come. The schedule sends the command; anybody may, at any time, without harm.
///
/// **Guarantee.** A task ends only if it is still open in the version of the command, and its time is past by the
/// database's clock when its row is locked. Otherwise (edited, cancelled, expired before) the command succeeds and says
/// `expired: false`.
///
/// Refused: `task-unknown`.
///
/// **Cost.** One round trip a batch; the update travels with the commit and touches no index.
package struct ExpireTaskWorker: BatchWorker {
    package init() {}

    package func handle(
        _ jobs: [Job<ExpireTask>], in tx: borrowing Transaction
    ) throws(Rejection) -> [JobEnding<TaskExpired>] {
        var locked = try LockedTasks.lock(jobs.map(\.command.taskId), in: tx)
        var expired: [UniqueID] = []
        let endings = jobs.map { Self.decide($0, &locked, &expired) }
        if !expired.isEmpty { try tx.send(TaskBook.expire(expired.sorted(), at: locked.now)) }
        return endings
    }

    /// Ends one task in memory: the next command of the batch sees it.
    package static func decide(
        _ job: Job<ExpireTask>, _ locked: inout LockedTasks, _ expired: inout [UniqueID]
    ) -> JobEnding<TaskExpired> {
        let now = locked.now
        return locked.tasks.find(job.command.taskId, of: job.tenant).flatMap { task in
            var completion = TaskExpired(
                taskId: task.id, version: task.version, owner: task.owner, title: task.title, dueAt: task.dueAt,
                zone: task.zone, localTime: task.dueAt.rfc3339(secondsAhead: task.offset), expired: false)
            guard task.state == .open, task.version == job.command.version else { return .success(completion) }
            guard task.dueAt <= now else {
                // The very message that is to end the task came before its time: the clocks of the schedule and of the
                // database differ, or the database was replaced. No other message would end the task.
                // Another's that bears its name waits for the same instant, as a command of its own, and harms nothing.
                let isItsOwn = job.isScheduled(as: TaskDeadline.name(of: task.id, version: task.version))
                return isItsOwn ? .failure(.tooEarly(until: task.dueAt)) : .success(completion)
            }
            locked.tasks[task.id]?.state = .expired
            expired.append(task.id)
            completion.expired = true
            return .success(completion)
        }
    }
}

extension Rejection {
    fileprivate static func tooEarly(until time: Timestamp) -> Rejection {
        early("too-early", "The task's time has not come yet by the database's clock.", until: time)
    }
}
