import Contracts
import Runtime

extension Verb {
    static let queuesPause = Verb(
        path: ["queues", "pause"], summary: "hold a command's queue back; what was handed out is finished",
        arguments: ["COMMAND"], options: [.reason], examples: ["ruche queues pause lease-ip --reason 'provider down'"]
    ) { invocation in
        let command = try Payload.command(named: invocation.arguments[0]).name.rawValue
        let reason = try JobSelection.reason(invocation)
        let database = try Reach().database()
        defer { database.close() }
        let actor = Audit.actor
        let earlier = try database.transaction { (tx: borrowing Postgres.Transaction) throws(PostgresError) in
            let rows = try tx.query(
                """
                INSERT INTO queue_control (command, paused, reason, actor)
                VALUES (\(command), true, \(reason), \(actor))
                ON CONFLICT (command) DO UPDATE SET paused = true, reason = EXCLUDED.reason, actor = EXCLUDED.actor,
                    changed_at = now()
                WHERE NOT queue_control.paused RETURNING command
                """)
            guard rows.count == 0 else {
                try Audit.write("queues pause", command, reason, changed: 1, in: tx)
                return String?.none
            }
            // Who held it back first, and why, is what whoever asks wants to know.
            let first = try tx.query("SELECT actor, changed_at, reason FROM queue_control WHERE command = \(command)")
            let since = try first.get(0, 1, as: Timestamp.self).rfc3339
            return "\(try first.get(0, 0, as: String.self)) since \(since): \(try first.get(0, 2, as: String.self))"
        }
        if let earlier {
            emit("\(command) is paused already by \(earlier)")
            return emit("nothing was changed, so there is nothing to undo")
        }
        emit("paused \(command); workers follow within two seconds")
        emit("undo: " + ShellLine.joined(["ruche", "queues", "resume", command, "--reason", "undo"]))
    }

    static let queuesResume = Verb(
        path: ["queues", "resume"], summary: "let a paused queue go on", arguments: ["COMMAND"], options: [.reason],
        examples: ["ruche queues resume lease-ip"]
    ) { invocation in
        let command = try Payload.command(named: invocation.arguments[0]).name.rawValue
        let reason = try JobSelection.givenReason(invocation) ?? ""
        let database = try Reach().database()
        defer { database.close() }
        let actor = Audit.actor
        let held = try database.transaction { (tx: borrowing Postgres.Transaction) throws(PostgresError) in
            let rows = try tx.query(
                "SELECT reason FROM queue_control WHERE command = \(command) AND paused FOR UPDATE")
            guard rows.count > 0 else { return String?.none }
            try tx.execute(
                """
                UPDATE queue_control SET paused = false, reason = \(reason), actor = \(actor), changed_at = now()
                WHERE command = \(command)
                """)
            try Audit.write("queues resume", command, reason, changed: 1, in: tx)
            return try rows.get(0, 0, as: String.self)
        }
        guard let held else {
            emit("\(command) is not paused")
            return emit("nothing was changed, so there is nothing to undo")
        }
        emit("resumed \(command)")
        emit("undo: " + ShellLine.joined(["ruche", "queues", "pause", command, "--reason", held]))
    }
}
