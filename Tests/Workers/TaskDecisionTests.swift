import Contracts
@testable import ExpireTaskWorker
import Runtime
import Testing

/// What is decided about a task once its row is locked, without a database.
struct TaskDecisionTests {
    private static let id = UniqueID(high: 1, low: 2)
    private static let now = Timestamp(microseconds: 1_000_000_000)

    private static func locked(_ change: (inout StoredTask) -> Void = { _ in }) -> LockedTasks {
        var task = StoredTask(
            id: id, tenant: "t", owner: "ada", title: "title", description: "more", place: "here",
            dueAt: now + .seconds(60), zone: "UTC", offset: 0, version: 7, state: .open, changedAt: now - .seconds(9))
        change(&task)
        return LockedTasks([id: task], at: now)
    }

    private static func job<C: Command>(_ command: C, id: String = "m", tenant: String = "t") -> Job<C> {
        Job(key: .zero, id: id, tenant: tenant, attempt: 1, command: command)
    }

    private static func reason<T>(_ ending: Result<T, Rejection>) -> String {
        if case .failure(let rejection) = ending { rejection.reason.reason } else { "" }
    }

    private static func edit(_ command: EditTask, _ locked: inout LockedTasks) -> Result<StoredTask, Rejection> {
        EditTaskWorker.decide(job(command), unknownZones: ["Nowhere"], &locked)
    }

    struct Case: Sendable, CustomTestStringConvertible {
        var task = id
        var tenant = "t"
        var owner = "ada"
        var version = 7
        var left: Duration = .seconds(60)
        var state = TaskRecord.State.open
        let reason: String
        var testDescription: String { "\(owner) of \(tenant), version \(version), \(left) left, \(state): \(reason)" }
    }

    @Test(arguments: [
        Case(reason: ""),
        Case(left: .microseconds(1), reason: ""),
        Case(task: UniqueID(high: 9, low: 9), reason: "task-unknown"),
        Case(tenant: "other", reason: "task-unknown"),
        Case(owner: "bob", reason: "not-yours"),
        Case(owner: "bob", version: 1, state: .expired, reason: "not-yours"),
        Case(version: 6, reason: "version-conflict"),
        Case(version: 8, reason: "version-conflict"),
        Case(left: .zero, reason: "task-ended"),
        Case(version: 6, left: .zero, reason: "task-ended"),
        Case(state: .cancelled, reason: "task-ended"),
        Case(state: .expired, reason: "task-ended"),
    ])
    func onlyTheOwnerChangesATaskThatIsOpenAndInTheVersionHeSaw(example: Case) {
        func task() -> LockedTasks {
            Self.locked {
                $0.dueAt = Self.now + example.left
                $0.state = example.state
            }
        }
        var locked = task()
        let edit = EditTask(taskId: example.task, owner: example.owner, version: example.version, title: "new")
        let edited = EditTaskWorker.decide(Self.job(edit, tenant: example.tenant), unknownZones: [], &locked)
        #expect(Self.reason(edited) == example.reason)
        #expect((locked.tasks[Self.id]?.title == "new") == example.reason.isEmpty)

        locked = task()
        var cancelled: [UniqueID] = []
        let cancel = CancelTask(taskId: example.task, owner: example.owner, version: example.version)
        let ending = CancelTaskWorker.decide(Self.job(cancel, tenant: example.tenant), &locked, &cancelled)
        #expect(Self.reason(ending) == example.reason)
        #expect(cancelled.isEmpty == !example.reason.isEmpty)
    }

    @Test func aStrangerLearnsNothingButThatItIsNotHis() {
        var reasons: Set<String> = []
        for state in TaskRecord.State.allCases {
            var locked = Self.locked { $0.state = state }
            let ending = Self.edit(EditTask(taskId: Self.id, owner: "bob", version: 3, zone: "Nowhere"), &locked)
            if case .failure(let rejection) = ending { reasons.insert("\(rejection.reason)") }
        }
        #expect(reasons.count == 1)
    }

    @Test func aConflictNamesTheVersionInForce() throws {
        var locked = Self.locked()
        guard case .failure(let rejection) = Self.edit(EditTask(taskId: Self.id, owner: "ada", version: 6), &locked)
        else { throw Unexpected() }
        #expect(rejection.reason.version == 7)
        #expect(rejection.consequence == .refuse)
    }

    @Test func ofTwoEditsOfOneVersionInABatchTheFirstWins() throws {
        var locked = Self.locked()
        let first = Self.edit(EditTask(taskId: Self.id, owner: "ada", version: 7, title: "first"), &locked)
        let second = Self.edit(EditTask(taskId: Self.id, owner: "ada", version: 7, title: "second"), &locked)
        let third = Self.edit(EditTask(taskId: Self.id, owner: "ada", version: 8, place: ""), &locked)
        #expect(try first.get().version == 8)
        #expect(Self.reason(second) == "version-conflict")
        let last = try third.get()
        #expect((last.version, last.title, last.place, last.description) == (9, "first", "", "more"))
        #expect(last.changedAt == Self.now)
    }

    @Test(arguments: [
        EditTask(taskId: id, owner: "ada", version: 7),
        EditTask(taskId: id, owner: "ada", version: 7, title: "title", dueAt: now + .seconds(60), zone: "UTC"),
    ])
    func anEditThatChangesNothingLeavesTheVersion(command: EditTask) throws {
        var locked = Self.locked()
        let before = locked.tasks
        #expect(try Self.edit(command, &locked).get().version == 7)
        #expect(locked.tasks == before)
    }

    @Test func aNewZoneDoesNotMoveTheInstant() throws {
        var locked = Self.locked()
        let task = try Self.edit(EditTask(taskId: Self.id, owner: "ada", version: 7, zone: "Asia/Tokyo"), &locked).get()
        #expect((task.zone, task.dueAt, task.version) == ("Asia/Tokyo", Self.now + .seconds(60), 8))
    }

    @Test(arguments: [
        (EditTask(taskId: id, owner: "ada", version: 7, zone: "Nowhere"), "zone-unknown", "/zone"),
        (EditTask(taskId: id, owner: "ada", version: 7, dueAt: now), "due-passed", "/dueAt"),
    ])
    func aDeadlineThatCannotBeIsRefusedAtItsPlace(command: EditTask, reason: String, pointer: String) throws {
        var locked = Self.locked()
        guard case .failure(let rejection) = Self.edit(command, &locked) else { throw Unexpected() }
        #expect((rejection.reason.reason, rejection.reason.pointer) == (reason, pointer))
        #expect(locked.tasks == Self.locked().tasks)

        let create = CreateTask(
            owner: "ada", title: "t", dueAt: command.dueAt ?? Self.now + .seconds(1), zone: command.zone ?? "UTC")
        let made = CreateTaskWorker.decide(
            Self.job(create), unknownZones: ["Nowhere"], now: Self.now, made: Self.now)
        #expect(Self.reason(made) == reason)
    }

    struct Expiring: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var left: Duration = .zero
        var version = 7
        var state = TaskRecord.State.open
        var isItsOwnMessage = true
        /// Whether it ends the task; nil when it comes again later.
        let expired: Bool?
    }

    @Test(arguments: [
        Expiring(testDescription: "the time has come", expired: true),
        Expiring(testDescription: "long past", left: .seconds(-60), isItsOwnMessage: false, expired: true),
        Expiring(testDescription: "by hand, early", left: .seconds(60), isItsOwnMessage: false, expired: false),
        Expiring(testDescription: "its own message comes early", left: .microseconds(1), expired: nil),
        Expiring(testDescription: "edited since", version: 6, expired: false),
        Expiring(testDescription: "cancelled before", state: .cancelled, expired: false),
        Expiring(testDescription: "expired before", state: .expired, expired: false),
    ])
    func anExpiryActsOnlyWhenEverythingMatches(example: Expiring) {
        var locked = Self.locked {
            $0.dueAt = Self.now + example.left
            $0.state = example.state
        }
        var expired: [UniqueID] = []
        let name = TaskDeadline.name(of: Self.id, version: 7)
        let id = example.isItsOwnMessage ? "\(name):0123456789abcdef" : name
        let job = Self.job(ExpireTask(taskId: Self.id, version: example.version), id: id)
        switch ExpireTaskWorker.decide(job, &locked, &expired) {
        case .success(let completion):
            #expect(completion.expired == example.expired)
            #expect((completion.version, completion.owner, completion.title) == (7, "ada", "title"))
        case .failure(let rejection):
            #expect(example.expired == nil)
            #expect(rejection.consequence == .postpone)
            #expect(rejection.until == Self.now + example.left)
        }
        #expect(expired == (example.expired == true ? [Self.id] : []))
        if example.expired == true {
            #expect(ExpireTaskWorker.decide(job, &locked, &expired).isSuccess, "again, in the same batch")
            #expect(expired.count == 1)
        }
    }

    @Test func aTaskHasAnIDOfItsJob() {
        let key = UniqueID(high: .random(in: 0 ... .max), low: .random(in: 0 ... .max))
        let command = CreateTask(owner: "ada", title: "t", dueAt: Self.now)
        let job = Job(key: key, id: "", tenant: "t", attempt: 1, command: command)
        #expect(CreateTaskWorker.id(of: job, at: Self.now) == .v7(at: Self.now, of: key))
    }

    private struct Unexpected: Error {}
}

extension Result {
    fileprivate var isSuccess: Bool { if case .success = self { true } else { false } }
}
