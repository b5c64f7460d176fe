package import Contracts
package import Runtime

/// Changes tasks.
///
/// **Guarantee.** An edit is done on the version that its owner saw, or not at all. One that is done before the
/// deadline, by the database's clock, moves the deadline with it: the old one ends nothing any more. Nobody edits a
/// task whose time has come. An edit that changes nothing leaves the version and the deadline as they are.
///
/// Refused: `task-unknown`, `not-yours`, `task-ended`, `version-conflict`, `zone-unknown`, `due-passed`.
///
/// **Cost.** One round trip a batch, another one when a time or a zone other than UTC changes, and one the first time a
/// zone is named; the update and the moved deadlines travel with the commit.
package struct EditTaskWorker: BatchWorker {
    private let zones: TimeZones

    package init(zones: TimeZones) { self.zones = zones }

    package func handle(
        _ jobs: [Job<EditTask>], in tx: borrowing Transaction
    ) throws(Rejection) -> [JobEnding<TaskRecord>] {
        let unknown = try zones.unknown(among: Set(jobs.compactMap(\.command.zone)), in: tx)
        var locked = try LockedTasks.lock(jobs.map(\.command.taskId), in: tx)
        let before = locked.tasks
        var edits = jobs.map { Self.decide($0, unknownZones: unknown, &locked) }
        try Self.findOffsets(&edits, before, in: tx)

        // What a later edit of the batch found is what an earlier one made: the last version is the one to write.
        var last: [UniqueID: StoredTask] = [:]
        var editors: [UniqueID: UniqueID] = [:]
        for (job, edit) in zip(jobs, edits) {
            guard case .success(let task) = edit, task.version > (last[task.id] ?? before[task.id]!).version else {
                continue
            }
            last[task.id] = task
            editors[task.id] = job.key
        }
        let changed = last.values.sorted { $0.id < $1.id }
        if !changed.isEmpty { try tx.send(TaskBook.change(changed)) }
        for task in changed { tx.scheduleExpiry(of: task, by: editors[task.id]!) }
        return edits.map { $0.map(\.record) }
    }

    /// Edits one task in memory: the next command of the batch sees it. The offset of its zone may be out of date.
    package static func decide(
        _ job: Job<EditTask>, unknownZones: Set<String>, _ locked: inout LockedTasks
    ) -> Result<StoredTask, Rejection> {
        let (command, now) = (job.command, locked.now)
        return locked.tasks.find(command.taskId, of: job.tenant).flatMap { found in
            if let refusal = found.refusal(to: command.owner, version: command.version, at: now) {
                return .failure(refusal)
            }
            if let zone = command.zone, unknownZones.contains(zone) { return .failure(.zoneUnknown) }
            if let due = command.dueAt, due <= now { return .failure(.duePassed) }
            var task = found
            task.title = command.title ?? found.title
            task.description = command.description ?? found.description
            task.place = command.place ?? found.place
            task.dueAt = command.dueAt ?? found.dueAt
            task.zone = command.zone ?? found.zone
            if task != found {
                task.version += 1
                task.changedAt = now
                locked.tasks[task.id] = task
            }
            return .success(task)
        }
    }

    /// Brings the offsets of edited tasks up to date.
    private static func findOffsets(
        _ edits: inout [Result<StoredTask, Rejection>], _ before: [UniqueID: StoredTask], in tx: borrowing Transaction
    ) throws(Rejection) {
        var moved: [(place: Int, task: StoredTask)] = []
        for (place, edit) in edits.enumerated() {
            guard case .success(let task) = edit, let old = before[task.id] else { continue }
            if task.dueAt != old.dueAt || task.zone != old.zone { moved.append((place, task)) }
        }
        guard !moved.isEmpty else { return }
        let offsets = try TimeZones.offsets(moved.map(\.task.zone), at: moved.map(\.task.dueAt), in: tx)
        for (index, var move) in moved.enumerated() {
            move.task.offset = offsets[index]
            edits[move.place] = .success(move.task)
        }
    }
}
