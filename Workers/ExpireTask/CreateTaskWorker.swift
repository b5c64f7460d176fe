package import Contracts
package import Runtime

/// Makes tasks.
///
/// **Guarantee.** The task and its deadline are there together, or neither is.
///
/// Refused: `zone-unknown`, `due-passed`.
///
/// **Cost.** One round trip a batch, another one when a zone is not UTC, and one the first time a zone is named; the
/// insert and the deadlines travel with the commit.
package struct CreateTaskWorker: BatchWorker {
    private let zones: TimeZones

    package init(zones: TimeZones) { self.zones = zones }

    package func handle(
        _ jobs: [Job<CreateTask>], in tx: borrowing Transaction
    ) throws(Rejection) -> [JobEnding<TaskRecord>] {
        let clock = try tx.start(TaskBook.clock)
        let unknown = try zones.unknown(among: Set(jobs.map(\.command.zone)), in: tx)
        let time = try tx.receive(clock)
        let now: Timestamp
        do { now = try time.get(0, 0) } catch { throw Rejection(error) }

        let drafts = jobs.map { Self.decide($0, unknownZones: unknown, now: now, made: tx.now) }
        var made = drafts.compactMap { try? $0.get() }
        let offsets = try TimeZones.offsets(made.map(\.zone), at: made.map(\.dueAt), in: tx)
        for place in made.indices { made[place].offset = offsets[place] }
        if !made.isEmpty { try tx.send(TaskBook.add(made)) }
        let makers = zip(jobs, drafts).filter { _, draft in (try? draft.get()) != nil }.map(\.0.key)
        for (task, job) in zip(made, makers) { tx.scheduleExpiry(of: task, by: job) }

        var next = made.makeIterator()
        return drafts.map { draft in draft.map { _ in next.next()!.record } }
    }

    /// What becomes of one command; the offset of the zone is still to be found out.
    package static func decide(
        _ job: Job<CreateTask>, unknownZones: Set<String>, now: Timestamp, made: Timestamp
    ) -> Result<StoredTask, Rejection> {
        let command = job.command
        if unknownZones.contains(command.zone) { return .failure(.zoneUnknown) }
        if command.dueAt <= now { return .failure(.duePassed) }
        return .success(
            StoredTask(
                id: id(of: job, at: made), tenant: job.tenant, owner: command.owner, title: command.title,
                description: command.description, place: command.place, dueAt: command.dueAt, zone: command.zone,
                offset: 0, version: 1, state: .open, changedAt: now))
    }

    /// The id of the task that `job` makes.
    package static func id(of job: Job<CreateTask>, at time: Timestamp) -> UniqueID { .v7(at: time, of: job.key) }
}
