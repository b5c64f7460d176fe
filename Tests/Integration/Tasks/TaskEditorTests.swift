import Contracts
import Foundation
import Postgres
import Runtime
import TestSupport
import Testing

/// Many owners move deadlines while they fall due, and the processes in between are killed.
@Suite(.servers) struct TaskEditorTests {
    private static let editors = 64
    private static let editsEach = 12
    private static let taskCount = 200

    @Test func noTaskExpiresEarlyAndNoneSurvivesItsDeadline() throws {
        try withCluster { cluster in
            let board = TaskBoard()
            let faults = SharedBox<[String]>([])
            let reader = try board.follow(cluster, until: "too late", faults)
            let relay = Supervised(cluster, "relay")
            let worker = Supervised(cluster, "expire-task")
            defer { for process in [relay, worker] { process.stop() } }
            let tasks = try Self.makeTasks(cluster, board)

            let killer = TestThread {
                // Each kill waits for the sign that work is being done.
                for (kill, process) in [worker, relay, worker, relay, worker].enumerated() {
                    do {
                        let answered = Self.taskCount + (kill + 1) * 120
                        try eventually("commands are answered") { board.count > answered }
                        process.kill()
                    } catch {
                        faults.withLock { $0.append("killer: \(error)") }
                    }
                }
            }
            let editors = (0..<Self.editors).map { number in
                TestThread {
                    do { try Self.edit(tasks, as: number, cluster, board) } catch {
                        faults.withLock { $0.append("editor \(number): \(error)") }
                    }
                }
            }
            for thread in editors + [killer] { thread.join() }
            try eventually("every task has expired") { try cluster.tasks(.expired) == Self.taskCount }
            try eventually("every expiry is announced") { board.expired.count == Self.taskCount }
            try Self.editTooLate(tasks[0], cluster, board)
            reader.join()

            #expect(faults.withLock { $0 } == [])
            #expect(board.twoFaced == [])
            #expect(worker.starts > 3)
            #expect(relay.starts > 2)
            try Self.audit(tasks, cluster, board)
        }
    }

    private static func makeTasks(_ cluster: Cluster, _ board: TaskBoard) throws -> [UniqueID] {
        let load = try Load(cluster)
        var random = SeededRandom(seed: 11)
        for number in 0..<taskCount {
            let due = Timestamp.now + .milliseconds(2000 + random.next(below: 6000))
            try load.publish(CreateTask(owner: "ada", title: "task \(number)", dueAt: due), id: "task-\(number)")
        }
        try load.settle()
        return try (0..<taskCount).map { number in
            let answer = try #require(board.answer(to: "task-\(number)"))
            return try answer.decode(TaskRecord.self).taskId
        }
    }

    /// One of the editors: moves one deadline after the other, to a moment from now or a little later, in the version
    /// it was told of last.
    private static func edit(_ tasks: [UniqueID], as editor: Int, _ cluster: Cluster, _ board: TaskBoard) throws {
        let load = try Load(cluster)
        var random = SeededRandom(seed: UInt64(1000 + editor))
        for number in 0..<editsEach {
            let task = tasks[random.next(below: tasks.count)]
            let due = Timestamp.now + .milliseconds(50 + random.next(below: number % 2 == 0 ? 500 : 4000))
            let id = "edit-\(editor)-\(number)"
            // The title is new each time: an edit that changes nothing makes no version, and two may hit on one moment.
            try load.publish(
                EditTask(taskId: task, owner: "ada", version: board.version(of: task), title: id, dueAt: due), id: id)
            try load.settle()
            guard board.answer(to: id) != nil else { throw TestFailure("\(id) was never answered") }
        }
    }

    private static func editTooLate(_ task: UniqueID, _ cluster: Cluster, _ board: TaskBoard) throws {
        let load = try Load(cluster)
        let version = board.version(of: task)
        try load.publish(
            EditTask(taskId: task, owner: "ada", version: version, dueAt: .now + .seconds(60)), id: "too late")
        try load.settle()
        let answer = try #require(board.answer(to: "too late"))
        #expect(try answer.decode(Reason.self).reason == "task-ended")
    }

    /// Holds what the database says against what was announced.
    private static func audit(_ tasks: [UniqueID], _ cluster: Cluster, _ board: TaskBoard) throws {
        let database = try cluster.database()
        defer { database.close() }
        #expect(board.count >= taskCount * 2 + editors * editsEach + 1)
        #expect(try cluster.number("SELECT count(*) FROM schedule") == 0)
        let rows = try database.query(
            """
            SELECT id, version, date_trunc('milliseconds', due_at), ended_at >= due_at FROM task
            WHERE id = ANY (\(tasks))
            """)
        #expect(rows.count == tasks.count)
        var edits = 0
        for row in 0..<rows.count {
            let id: UniqueID = try rows.get(row, 0)
            let history = board.history(of: id)
            let last = try #require(history.last)
            #expect(history.map(\.version) == Array(1...history.count), "no edit is lost, none is done twice")
            #expect(try rows.get(row, 1) == last.version)
            #expect(try rows.get(row, 2) == last.dueAt, "the last edit moved the deadline")
            #expect(try rows.get(row, 3), "none expires early")
            for (before, after) in zip(history, history.dropFirst()) {
                #expect(after.changedAt <= before.dueAt, "none survives its deadline")
            }
            let ends = board.expired[id] ?? []
            #expect(ends.count == 1)
            #expect(try ends.first?.decode(TaskExpired.self).version == last.version)
            edits += history.count - 1
        }
        #expect(edits > 0)
        let refused = ["task-ended", "version-conflict", "due-passed"].map(board.refusals)
        #expect(edits + refused.reduce(0, +) == editors * editsEach + 1, "\(edits) edits, refused \(refused)")
    }
}

extension TaskBoard {
    /// A thread that writes every event of a cluster on this board, until the last command has its answer. What is
    /// published from now on is not missed.
    fileprivate func follow(_ cluster: Cluster, until last: String, _ faults: SharedBox<[String]>) throws -> TestThread
    {
        let isReady = SharedBox(false)
        let thread = TestThread {
            do {
                let log = try EventLog(cluster)
                isReady.withLock { $0 = true }
                var read = 0
                try log.receive(within: 120) { log in
                    for event in log.events[read...] { self.note(event) }
                    read = log.events.count
                    return log.events.last?.subject == last
                }
            } catch {
                faults.withLock { $0.append("reader: \(error)") }
            }
        }
        try eventually("the events are subscribed to") { isReady.withLock { $0 } }
        return thread
    }
}
