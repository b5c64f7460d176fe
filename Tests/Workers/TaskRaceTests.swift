import Contracts
@testable import ExpireTaskWorker
@testable import Runtime
import TestSupport
import Testing

/// Edits and expiries at the same moment, on a real database.
@Suite(.database, .serialized) struct TaskRaceTests {
    private let zones = TimeZones()

    private func make(_ count: Int, due: Timestamp, _ connection: Connection) throws -> [TaskRecord] {
        let commands = (0..<count).map { CreateTask(owner: "ada", title: "\($0)", dueAt: due) }
        return try connection.run(CreateTaskWorker(zones: zones), commands).completions()
    }

    @Test func anEditThatWaitedForTheLockUntilTheDeadlineIsRefused() throws {
        try LeaseDatabase.with(addresses: 0) { database in
            let connection = try database.connect()
            let task = try make(1, due: .now + .seconds(600), connection)[0]
            let holder = try database.connect()
            defer { holder.close() }
            let held = holder.begin()
            _ = try held.query("SELECT FROM task FOR UPDATE")
            let reasons = SharedBox<[String]>([])
            let editing = TestThread {
                guard let connection = try? database.connect() else { return }
                let edit = EditTask(taskId: task.taskId, owner: "ada", version: 1, dueAt: .now + .seconds(900))
                let run = try? connection.run(EditTaskWorker(zones: TimeZones()), [edit])
                reasons.withLock { $0 = run?.reasons ?? ["failed"] }
            }
            try database.waitForBlocked()
            _ = try held.query("UPDATE task SET due_at = clock_timestamp()")
            _ = try held.commit()
            editing.join()
            #expect(reasons.withLock { $0 } == ["task-ended"])
        }
    }

    @Test func theClockIsReadAfterTheLastLock() throws {
        try LeaseDatabase.with(addresses: 0) { database in
            let connection = try database.connect()
            let task = try make(1, due: .now + .seconds(600), connection)[0]
            let holder = try database.connect()
            defer { holder.close() }
            let held = holder.begin()
            _ = try held.query("SELECT FROM task FOR UPDATE")
            let changed = SharedBox<Timestamp?>(nil)
            let editing = TestThread {
                guard let connection = try? database.connect() else { return }
                let edit = EditTask(taskId: task.taskId, owner: "ada", version: 1, title: "new")
                let run = try? connection.run(EditTaskWorker(zones: TimeZones()), [edit])
                changed.withLock { $0 = try? run?.completions()[0].changedAt }
            }
            try database.waitForBlocked()
            let released: Timestamp = try held.query("SELECT clock_timestamp()").get(0, 0)
            // Nothing is changed: what waits for the row goes on with what it has read before.
            held.rollback()
            editing.join()
            #expect(try #require(changed.withLock { $0 }) >= released)
        }
    }

    @Test func anEditAndAnExpiryAtTheSameMomentAgree() throws {
        try LeaseDatabase.with(addresses: 0) { database in
            let connection = try database.connect()
            let count = 200
            let tasks = try make(count, due: .now + .seconds(600), connection)
            let gate = Rendezvous(parties: 2)
            let edits = SharedBox<[UniqueID: String]>([:])
            let editing = TestThread {
                let connection = try? database.connect()
                for task in tasks {
                    gate.meet()
                    let edit = EditTask(taskId: task.taskId, owner: "ada", version: 1, dueAt: .now + .seconds(900))
                    let run = try? connection?.run(EditTaskWorker(zones: TimeZones()), [edit])
                    edits.withLock { $0[task.taskId] = run?.reasons.first ?? "failed" }
                }
            }
            var expired: [UniqueID: Bool] = [:]
            for (number, task) in tasks.enumerated() {
                // The deadline falls within the race: some edits come before it, some after.
                let delay = Int64(number % 20) * 100
                try connection.execute(
                    """
                    UPDATE task SET due_at = clock_timestamp() + \(delay) * interval '1 microsecond'
                    WHERE id = \(task.taskId)
                    """)
                gate.meet()
                let run = try connection.run(ExpireTaskWorker(), [ExpireTask(taskId: task.taskId, version: 1)])
                expired[task.taskId] = try run.completions()[0].expired
            }
            editing.join()

            let edited = edits.withLock { $0 }
            #expect(edited.count == count)
            #expect(Set(edited.values).isSubset(of: ["", "task-ended"]))
            let rows = try connection.query("SELECT id, state, version, ended_at >= due_at, due_at FROM task")
            for row in 0..<rows.count {
                let id: UniqueID = try rows.get(row, 0)
                let won = edited[id] == ""
                #expect(!(won && expired[id] == true), "what was edited in time does not expire by the old deadline")
                #expect(try rows.get(row, 1, as: String.self) == (expired[id] == true ? "expired" : "open"))
                #expect(try rows.get(row, 2, as: Int.self) == (won ? 2 : 1))
                #expect(try rows.get(row, 3, as: Bool?.self) ?? true, "none expires early")
            }
        }
    }

    @Test func commandsOnTheSameTasksInAnyOrderDoNotDeadlock() throws {
        try LeaseDatabase.with(addresses: 0) { database in
            let connection = try database.connect()
            let tasks = try make(60, due: .now + .seconds(600), connection).map(\.taskId)
            let faults = SharedBox<[String]>([])
            let edited = SharedBox(0)
            let threads = (0..<4).map { thread in
                TestThread {
                    do {
                        let connection = try database.connect()
                        defer { connection.close() }
                        var seen: [UniqueID: Int] = [:]
                        for _ in 0..<30 {
                            let order = tasks.shuffled()
                            if thread == 0 {
                                _ = try connection.run(
                                    ExpireTaskWorker(), order.map { ExpireTask(taskId: $0, version: 1) })
                                continue
                            }
                            let commands = order.map {
                                EditTask(
                                    taskId: $0, owner: "ada", version: seen[$0] ?? 1,
                                    title: "\(Int.random(in: 0...9_999_999))")
                            }
                            let run = try connection.run(EditTaskWorker(zones: TimeZones()), commands)
                            for (task, ending) in zip(order, run.endings) {
                                switch ending {
                                case .success(let record):
                                    seen[task] = record.version
                                    edited.withLock { $0 += 1 }
                                case .failure(let rejection): seen[task] = rejection.reason.version
                                }
                            }
                        }
                    } catch {
                        faults.withLock { $0.append("\(error)") }
                    }
                }
            }
            for thread in threads { thread.join() }
            #expect(faults.withLock { $0 } == [])
            let versions: Int = try database.value("SELECT sum(version - 1)::bigint FROM task")
            #expect(versions == edited.withLock { $0 }, "no edit is lost")
        }
    }
}
