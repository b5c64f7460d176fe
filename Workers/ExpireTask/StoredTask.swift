package import Contracts
package import Runtime

/// A task under the lock of this transaction, and what a batch has made of it so far.
package struct StoredTask: Sendable, Equatable {
    package let id: UniqueID
    package let tenant: String
    package let owner: String
    package var title: String
    package var description: String
    package var place: String
    package var dueAt: Timestamp
    package var zone: String
    /// How many seconds the clocks of the zone are ahead of UTC at `dueAt`.
    package var offset: Int
    package var version: Int
    package var state: TaskRecord.State
    package var changedAt: Timestamp

    package init(
        id: UniqueID, tenant: String, owner: String, title: String, description: String, place: String,
        dueAt: Timestamp, zone: String, offset: Int, version: Int, state: TaskRecord.State, changedAt: Timestamp
    ) {
        self.id = id
        self.tenant = tenant
        self.owner = owner
        self.title = title
        self.description = description
        self.place = place
        self.dueAt = dueAt
        self.zone = zone
        self.offset = offset
        self.version = version
        self.state = state
        self.changedAt = changedAt
    }

    /// Why a wish of `owner` about this task is refused at the time `now`, if it is.
    ///
    /// A task whose time has come is over for its owner, whether or not the message that ends it has come: otherwise
    /// it would depend on the load of the cluster when a deadline is one.
    package func refusal(to owner: String, version: Int?, at now: Timestamp) -> Rejection? {
        if owner != self.owner { return .refused("not-yours", "The task is another's.") }
        if state != .open { return .refused("task-ended", "The task is \(state.rawValue).") }
        if dueAt <= now { return .refused("task-ended", "The task's time has come.") }
        guard let version, version != self.version else { return nil }
        let message = "The task has version \(self.version)."
        return Rejection(
            .refuse,
            Reason(reason: "version-conflict", message: message, pointer: "/version", version: self.version))
    }

    /// The task as its owner sees it.
    package var record: TaskRecord {
        var record = TaskRecord()
        record.taskId = id
        record.version = version
        record.state = state
        record.owner = owner
        record.title = title
        record.description = description
        record.place = place
        record.dueAt = dueAt
        record.zone = zone
        record.localTime = dueAt.rfc3339(secondsAhead: offset)
        record.changedAt = changedAt
        return record
    }
}

extension [UniqueID: StoredTask] {
    /// The task `id` of `tenant`. Another tenant's is as unknown as one that never was.
    package func find(_ id: UniqueID, of tenant: String) -> Result<StoredTask, Rejection> {
        guard let task = self[id], task.tenant == tenant else {
            return .failure(.refused("task-unknown", "There is no such task."))
        }
        return .success(task)
    }
}

/// What names the end of a task.
package enum TaskDeadline {
    /// What the message id of the command that ends this version of `task` begins with: an edited task ends with
    /// another message than it would have before.
    package static func name(of task: UniqueID, version: Int) -> String { "\(task):\(version)" }
}

extension Transaction {
    /// Schedules the end of a task, in place of the end it had before.
    ///
    /// - Parameter job: the command that decides it.
    borrowing func scheduleExpiry(of task: StoredTask, by job: UniqueID) {
        schedule(
            ExpireTask(taskId: task.id, version: task.version), due: task.dueAt, subject: task.id,
            name: TaskDeadline.name(of: task.id, version: task.version), tenant: task.tenant,
            cause: "task deadline", by: job)
    }
}
