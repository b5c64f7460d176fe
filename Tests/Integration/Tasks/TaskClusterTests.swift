import Contracts
import Foundation
import Runtime
import TestSupport
import Testing

/// Tasks through the real executables, broker and database.
@Suite(.servers) struct TaskClusterTests {
    private static func create(
        _ load: Load, _ log: EventLog, due: Timestamp, id: String = "task", zone: String = "UTC"
    ) throws -> TaskRecord {
        try load.publish(CreateTask(owner: "ada", title: "Renew", dueAt: due, zone: zone), id: id)
        return try TaskRecord(json: log.outcome(of: id).data)
    }

    @Test func aTaskExpiresByItself() throws {
        try withCluster { cluster in
            let log = try EventLog(cluster)
            try cluster.start("relay")
            try cluster.start("expire-task")
            let task = try Self.create(try Load(cluster), log, due: .now + .seconds(2), zone: "Europe/Paris")
            #expect(task.version == 1)
            try log.receive { $0.events.contains { $0.command == ExpireTask.name } }
            let event = try #require(log.events.first { $0.command == ExpireTask.name })
            let expired = try event.decode(TaskExpired.self)
            #expect(expired.expired)
            #expect(expired.taskId == task.taskId)
            #expect(expired.localTime == task.localTime)
            #expect(event.time >= task.dueAt)
            #expect(try cluster.tasks(.expired) == 1)
            #expect(try cluster.number("SELECT count(*) FROM schedule") == 0)
        }
    }

    @Test func anEditedTaskOutlivesItsFirstDeadlineAndARestart() throws {
        try withCluster { cluster in
            let log = try EventLog(cluster)
            try cluster.start("relay")
            let worker = try cluster.start("expire-task")
            let load = try Load(cluster)
            let task = try Self.create(load, log, due: .now + .seconds(60))
            let due = task.dueAt + .seconds(3600)
            try load.publish(EditTask(taskId: task.taskId, owner: "ada", version: 1, dueAt: due), id: "edit")
            let edited = try TaskRecord(json: log.outcome(of: "edit").data)
            #expect((edited.version, edited.dueAt) == (2, due))
            worker.kill()
            try cluster.start("expire-task")

            // The deadline of old, sent by hand: nothing else is going to.
            try load.publish(ExpireTask(taskId: task.taskId, version: 1), id: "old")
            #expect(try TaskExpired(json: log.outcome(of: "old").data).expired == false)
            let database = try cluster.database()
            defer { database.close() }
            let rows = try database.query("SELECT due_at, message_id FROM schedule WHERE subject = \(task.taskId)")
            #expect(rows.count == 1)
            #expect(try rows.get(0, 0) == due)
            #expect(try rows.get(0, 1, as: String.self).hasPrefix("\(task.taskId):2:"))
        }
    }

    @Test func anExpiryThatComesBeforeItsTimeComesAgain() throws {
        try withCluster { cluster in
            let log = try EventLog(cluster)
            try cluster.start("relay")
            try cluster.start("expire-task")
            let task = try Self.create(try Load(cluster), log, due: .now + .seconds(3))
            let database = try cluster.database()
            defer { database.close() }
            // As when the database was replaced by one whose clock is behind.
            try database.execute("UPDATE schedule SET due_at = now() WHERE subject = \(task.taskId)")
            let name = "\(task.taskId):1:"
            try log.receive { $0.events.contains { $0.subject.hasPrefix(name) } }
            let early = try #require(log.events.first { $0.subject.hasPrefix(name) })
            #expect(early.kind == .parked)
            #expect(try early.decode(Reason.self).reason == "too-early")
            #expect(try cluster.tasks(.open) == 1)
            let event = try log.outcome(of: early.subject)
            #expect(try event.decode(TaskExpired.self).expired)
            #expect(log.events.count { $0.subject == early.subject } == 2, "it waited once, until its time")
            #expect(event.time < task.dueAt + .seconds(1))
            #expect(event.time >= task.dueAt)
        }
    }

    @Test func refusalsSayWhyAndNoMore() throws {
        try withCluster { cluster in
            let log = try EventLog(cluster)
            try cluster.start("expire-task")
            let load = try Load(cluster)
            let task = try Self.create(load, log, due: .now + .seconds(600))
            func reason(_ command: some Command, _ id: String) throws -> Reason {
                try load.publish(command, id: id)
                let event = try log.outcome(of: id)
                #expect(event.kind == .refused)
                return try event.decode(Reason.self)
            }
            let edit = EditTask(taskId: task.taskId, owner: "ada", version: 1, title: "new")
            try load.publish(edit, id: "edit")
            #expect(try log.outcome(of: "edit").kind == .succeeded)
            let conflict = try reason(edit, "stale")
            #expect((conflict.reason, conflict.version) == ("version-conflict", 2))
            let stranger = try reason(EditTask(taskId: task.taskId, owner: "bob", version: 2, title: "x"), "stranger")
            #expect((stranger.reason, stranger.version, stranger.pointer) == ("not-yours", nil, nil))
            #expect(!stranger.message.contains("ada"))
            let zone = EditTask(taskId: task.taskId, owner: "ada", version: 2, zone: "Europe/Pariis")
            #expect(try reason(zone, "zone").reason == "zone-unknown")
            #expect(try reason(CancelTask(taskId: .zero, owner: "ada"), "unknown").reason == "task-unknown")

            try load.publish(CancelTask(taskId: task.taskId, owner: "ada"), id: "cancel")
            #expect(try TaskRecord(json: log.outcome(of: "cancel").data).state == .cancelled)
            #expect(try cluster.number("SELECT count(*) FROM schedule") == 0)
            let late = EditTask(taskId: task.taskId, owner: "ada", version: 2, title: "late")
            #expect(try reason(late, "late").reason == "task-ended")
        }
    }

    @Test func theSameCreationTwiceMakesOneTask() throws {
        try withCluster { cluster in
            let log = try EventLog(cluster)
            try cluster.start("expire-task")
            let load = try Load(cluster)
            let command = CreateTask(owner: "ada", title: "once", dueAt: .now + .seconds(600))
            for _ in 1...2 { try load.publish(command, id: "same") }
            try log.receive { $0.events.count == 2 }
            #expect(Set(log.events.map(\.id)).count == 1)
            #expect(try cluster.tasks(.open) == 1)
        }
    }

    @Test func theListShowsWhatIsOpenAndWhatWas() throws {
        try withCluster { cluster in
            let log = try EventLog(cluster)
            try cluster.start("expire-task")
            let load = try Load(cluster)
            let late = try Self.create(load, log, due: .now + .seconds(900), id: "late", zone: "Asia/Tokyo")
            let soon = try Self.create(load, log, due: .now + .seconds(600), id: "soon")
            try load.publish(CreateTask(owner: "bob", title: "his", dueAt: .now + .seconds(60)), id: "his")
            _ = try log.outcome(of: "his")
            func list(_ words: String...) throws -> [String] {
                let result = try cluster.run("ruche", ["tasks", "-o", "jsonl"] + words)
                #expect(result.status == 0, "\(result.errors)")
                return result.output.split(separator: "\n").map(String.init)
            }
            let mine = try list("--owner", "ada")
            #expect(mine.count == 2)
            #expect(mine[0].contains(#""id":"\#(soon.taskId)""#))
            #expect(mine[1].contains(#""localTime":"\#(late.localTime)","zone":"Asia/Tokyo""#))
            #expect(try list().count == 3)
            #expect(try list("--limit", "1").first?.contains(#""owner":"bob""#) == true)

            // Its time comes while nothing moves the schedule: it is over all the same.
            let database = try cluster.database()
            defer { database.close() }
            try database.execute("UPDATE task SET due_at = now() WHERE owner = 'bob'")
            #expect(try list("--owner", "bob").isEmpty)
            #expect(try list("--state", "expired").first?.contains(#""state":"expired""#) == true)
            #expect(try list("--state", "all").count == 3)
            #expect(try list("--tenant", "other").isEmpty)
        }
    }

    @Test func endedTasksAreKeptForAWhileAndOpenOnesForGood() throws {
        try withCluster { cluster in
            let database = try cluster.database()
            defer { database.close() }
            try database.script(
                """
                INSERT INTO task (id, tenant, owner, title, description, place, due_at, zone, utc_offset, state,
                    changed_at, ended_at)
                SELECT gen_random_uuid(), 't', 'ada', 'old', '', '', now() - interval '400 days', 'UTC', 0, state,
                    now(), now() - age * interval '1 hour'
                FROM generate_series(1, 1000), unnest(ARRAY[49, 47]) AS age,
                    unnest(ARRAY['cancelled', 'expired']) AS state;
                INSERT INTO task (id, tenant, owner, title, description, place, due_at, zone, utc_offset, changed_at)
                VALUES (gen_random_uuid(), 't', 'ada', 'old', '', '', now() - interval '400 days', 'UTC', 0, now());
                """)
            try cluster.start("relay", ["TASK_RETENTION": "2d"])
            try eventually("what ended longer ago is gone") {
                try cluster.number("SELECT count(*) FROM task WHERE ended_at < now() - interval '2 days'") == 0
            }
            #expect(try cluster.number("SELECT count(*) FROM task") == 2001)
        }
    }
}
