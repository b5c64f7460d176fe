import Contracts
@testable import ExpireTaskWorker
@testable import Runtime
import TestSupport
import Testing

/// What the four commands of a task promise, on a real database.
@Suite(.database) struct TaskLifeTests {
    private let zones = TimeZones()
    private var create: CreateTaskWorker { CreateTaskWorker(zones: zones) }
    private var edit: EditTaskWorker { EditTaskWorker(zones: zones) }

    private func withTask(
        _ zone: String = "UTC", _ body: (LeaseDatabase, Connection, TaskRecord) throws -> Void
    ) throws {
        try LeaseDatabase.with(addresses: 0) { database in
            let connection = try database.connect()
            defer { connection.close() }
            let command = CreateTask(
                owner: "ada", title: "title", description: "more", place: "here", dueAt: .now + .seconds(600),
                zone: zone)
            try body(database, connection, try connection.run(create, [command]).completions()[0])
        }
    }

    @Test func aTaskIsStoredWithItsDeadline() throws {
        try LeaseDatabase.with(addresses: 0) { database in
            let connection = try database.connect()
            let due = Timestamp.now + .seconds(3600)
            let run = try connection.run(create, [CreateTask(owner: "ada", title: "t", dueAt: due)])
            let task = try run.completions()[0]
            #expect((task.version, task.state, task.zone) == (1, .open, "UTC"))
            #expect(task.localTime == due.rfc3339(secondsAhead: 0))
            #expect(run.deadlines == [TaskDeadline.name(of: task.taskId, version: 1): due])
            #expect(try database.value("SELECT due_at FROM task WHERE id = \(task.taskId)") == due)
            #expect(try database.value("SELECT changed_at FROM task") == task.changedAt)
        }
    }

    @Test func localTimeFollowsTheClocksOfTheZoneAcrossTheYear() throws {
        try LeaseDatabase.with(addresses: 0) { database in
            let connection = try database.connect()
            let cases = [
                ("Europe/Paris", "2030-01-15T12:00:00Z", "2030-01-15T13:00:00+01:00"),
                ("Europe/Paris", "2030-07-15T12:00:00Z", "2030-07-15T14:00:00+02:00"),
                ("Asia/Kathmandu", "2030-07-15T12:00:00Z", "2030-07-15T17:45:00+05:45"),
                ("America/St_Johns", "2030-01-15T01:00:00Z", "2030-01-14T21:30:00-03:30"),
                ("UTC", "2030-01-15T12:00:00Z", "2030-01-15T12:00:00+00:00"),
            ]
            let commands = try cases.map { zone, due, _ in
                CreateTask(owner: "ada", title: "t", dueAt: try #require(Timestamp(rfc3339: due)), zone: zone)
            }
            let tasks = try connection.run(create, commands).completions()
            #expect(tasks.map(\.localTime) == cases.map(\.2))
            let stored: Int = try database.value("SELECT count(*) FROM task WHERE utc_offset IN (0, 3600, 7200)")
            #expect(stored == 3)
        }
    }

    @Test func whatIsNoZoneIsRefusedAndItsNeighboursAreNot() throws {
        try LeaseDatabase.with(addresses: 0) { database in
            let connection = try database.connect()
            let names = [
                "Europe/Paris", "Europe/Pariis", "europe/paris", "CET-1", "CEST", "posix/UTC", "localtime", "Etc/GMT+5",
                "UTC",
            ]
            let due = Timestamp.now + .seconds(60)
            let commands = names.map { CreateTask(owner: "ada", title: "t", dueAt: due, zone: $0) }
            // Twice: known names are remembered, unknown ones are not.
            for _ in 1...2 {
                let run = try connection.run(create, commands)
                let unknown = "zone-unknown"
                #expect(run.reasons == ["", unknown, unknown, unknown, unknown, unknown, unknown, "", ""])
                #expect(run.deadlines.count == 3)
            }
            #expect(try database.value("SELECT count(*) FROM task") == 6)
            let late = try connection.run(create, [CreateTask(owner: "ada", title: "t", dueAt: .now)])
            #expect(late.reasons == ["due-passed"])
        }
    }

    @Test func anEditMovesTheDeadlineAndTheOldOneEndsNothing() throws {
        try withTask { database, connection, task in
            let due = task.dueAt + .seconds(3600)
            let command = EditTask(
                taskId: task.taskId, owner: "ada", version: 1, title: "new", place: "", dueAt: due, zone: "Asia/Tokyo")
            let run = try connection.run(edit, [command])
            let edited = try run.completions()[0]
            #expect((edited.version, edited.title, edited.description, edited.place) == (2, "new", "more", ""))
            #expect(edited.localTime == due.rfc3339(secondsAhead: 9 * 3600))
            #expect(run.deadlines == [TaskDeadline.name(of: task.taskId, version: 2): due])
            #expect(try database.value("SELECT due_at FROM task") == due)
            #expect(try database.value("SELECT utc_offset FROM task") == 9 * 3600)

            try database.script("UPDATE task SET due_at = now()")
            let old = "\(TaskDeadline.name(of: task.taskId, version: 1)):0123456789abcdef"
            let expiry = try connection.run(
                ExpireTaskWorker(), [ExpireTask(taskId: task.taskId, version: 1)], id: old)
            #expect(try expiry.completions().map(\.expired) == [false])
            #expect(try database.value("SELECT state FROM task") == "open")
        }
    }

    @Test func editsOfOneBatchBuildOnEachOther() throws {
        try withTask("Europe/Paris") { database, connection, task in
            let summer = try #require(Timestamp(rfc3339: "2030-07-15T12:00:00Z"))
            let run = try connection.run(
                edit,
                [
                    EditTask(taskId: task.taskId, owner: "ada", version: 1, dueAt: summer),
                    EditTask(taskId: task.taskId, owner: "ada", version: 1, title: "lost"),
                    EditTask(taskId: task.taskId, owner: "ada", version: 2, zone: "UTC"),
                    EditTask(taskId: task.taskId, owner: "ada", version: 3),
                ])
            #expect(run.reasons == ["", "version-conflict", "", ""])
            let times = run.endings.compactMap { try? $0.get().localTime }
            #expect(
                times == ["2030-07-15T14:00:00+02:00", "2030-07-15T12:00:00+00:00", "2030-07-15T12:00:00+00:00"])
            #expect(run.deadlines == [TaskDeadline.name(of: task.taskId, version: 3): summer])
            let stored = try connection.query("SELECT version, utc_offset, zone, title FROM task")
            #expect(try stored.get(0, 0) == 3)
            #expect(try stored.get(0, 1) == 0)
            #expect(try stored.get(0, 2) == "UTC")
            #expect(try stored.get(0, 3) == "title")
        }
    }

    @Test func anEmptyEditWritesNothing() throws {
        try withTask { database, connection, task in
            let run = try connection.run(edit, [EditTask(taskId: task.taskId, owner: "ada", version: 1)])
            #expect(try run.completions()[0] == task)
            #expect(run.deadlines.isEmpty)
        }
    }

    @Test func aCancelledTaskIsOverAndItsDeadlineIsTakenBack() throws {
        try withTask { database, connection, task in
            let cancel = CancelTask(taskId: task.taskId, owner: "ada")
            let run = try connection.run(CancelTaskWorker(), [cancel, cancel])
            #expect(run.reasons == ["", "task-ended"])
            #expect(try run.endings[0].get().state == .cancelled)
            #expect(run.withdrawn == [task.taskId])
            #expect(try database.value("SELECT state FROM task WHERE ended_at = changed_at") == "cancelled")

            let expiry = try connection.run(ExpireTaskWorker(), [ExpireTask(taskId: task.taskId, version: 1)])
            #expect(try expiry.completions()[0].expired == false)
            let late = try connection.run(edit, [EditTask(taskId: task.taskId, owner: "ada", version: 1, title: "x")])
            #expect(late.reasons == ["task-ended"])
        }
    }

    @Test func anExpiryEndsWhatIsOverOnce() throws {
        try withTask { database, connection, task in
            try database.script("UPDATE task SET due_at = now()")
            let command = ExpireTask(taskId: task.taskId, version: 1)
            let both = try connection.run(ExpireTaskWorker(), [command, command]).completions()
            #expect(both.map(\.expired) == [true, false])
            #expect(both[0].title == "title")
            #expect(try database.value("SELECT state FROM task WHERE ended_at >= due_at") == "expired")
        }
    }

    @Test func aTaskWhoseTimeHasComeIsNotSavedByAnEditThatComesBeforeItsExpiry() throws {
        try withTask { database, connection, task in
            try database.script("UPDATE task SET due_at = now()")
            let command = EditTask(taskId: task.taskId, owner: "ada", version: 1, dueAt: .now + .seconds(60))
            #expect(try connection.run(edit, [command]).reasons == ["task-ended"])
            let cancel = try connection.run(CancelTaskWorker(), [CancelTask(taskId: task.taskId, owner: "ada")])
            #expect(cancel.reasons == ["task-ended"])
            let expiry = try connection.run(ExpireTaskWorker(), [ExpireTask(taskId: task.taskId, version: 1)])
            #expect(try expiry.completions()[0].expired)
        }
    }

    @Test func aTaskExpiresThoughTheServerHasForgottenItsZone() throws {
        try withTask("Europe/Paris") { database, connection, task in
            try database.script("UPDATE task SET zone = 'Gone/Zone', due_at = now()")
            let expiry = try connection.run(ExpireTaskWorker(), [ExpireTask(taskId: task.taskId, version: 1)])
            let completion = try expiry.completions()[0]
            #expect(completion.expired)
            #expect(completion.zone == "Gone/Zone")
        }
    }
}
