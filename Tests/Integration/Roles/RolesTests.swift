import AMQP
import Contracts
import Foundation
import Postgres
import TestSupport
import Testing

/// Each process has a user and a role of its own, with the least it needs: `ruche migrate --roles`.
///
/// That the roles have enough in the database is shown by every other test: they start the shipped executables with
/// them.
@Suite(.servers, .serialized) struct RolesTests {
    /// Everything that the processes do with the broker, each as its own user: commands, replies, events, the schedule,
    /// the outbox and dead letters.
    @Test func aClusterWorksWithUsersOfItsOwn() throws {
        try withRoles { roles in
            let cluster = roles.cluster
            try cluster.addServers(3)
            let log = try EventLog(cluster)
            let processes = try ["lease-ip", "import-batch", "ingest-logs", "expire-task", "relay"].map {
                try cluster.start($0, ["AMQP_URL": try roles.amqpURL($0)])
            }
            let producer = ["AMQP_URL": try roles.amqpURL("producer")]
            let broker = try AMQP.Connection.open(AMQPURI(parsing: producer["AMQP_URL"]!), name: "producer")
            defer { broker.close() }
            let replies = try broker.declareQueue(
                "reply.of-this-test", durable: false, exclusive: true, autoDelete: true, arguments: [:])
            _ = try broker.consume(replies.name, prefetch: 10, noAck: true, exclusive: true)
            func publish(_ command: CommandName, _ id: String, _ body: [UInt8], _ headers: Headers = [:]) throws {
                var properties = Properties()
                (properties.messageID, properties.contentType) = (id, "application/json")
                (properties.replyTo, properties.headers) = (replies.name, headers)
                try broker.publish(
                    OutgoingMessage(
                        exchange: Topology.commandExchange, routingKey: Topology.routingKey(for: command),
                        properties: properties, body: body, mandatory: true))
                _ = try broker.waitForConfirms(within: .seconds(30))
            }
            // A lease that ends by the schedule, a list, lines, and a task that ends by the schedule.
            try publish(LeaseIP.name, "lease", Array(#"{"holder":"web-1","ttlSeconds":1}"#.utf8))
            try publish(ImportBatch.name, "import", ImportBatch.example.json())
            try publish(IngestLogs.name, "logs", IngestLogs.example.json())
            let task = CreateTask(owner: "ada", title: "soon over", dueAt: .now + .seconds(2))
            try publish(CreateTask.name, "task", task.json())
            for id in ["lease", "import", "logs", "task"] {
                let outcome = try log.outcome(of: id)
                #expect(outcome.kind == .succeeded, "\(id): \(String(decoding: outcome.data, as: UTF8.self))")
                #expect(try broker.receive(within: .seconds(30)) != nil, "a reply")
            }
            for command in [ExpireLease.name, ExpireTask.name] {
                try log.receive { $0.events.contains { $0.command == command && $0.kind == .succeeded } }
            }

            // One that the broker gave up on comes back to its queue.
            let dead = try cluster.broker("dead letter")
            defer { dead.close() }
            var properties = Properties()
            (properties.messageID, properties.contentType) = ("buried", "application/json")
            properties.headers = ["x-first-death-queue": .string(Topology.queue(for: LeaseIP.name))]
            try dead.publish(
                OutgoingMessage(
                    exchange: Topology.deadLetterExchange, routingKey: LeaseIP.name.rawValue, properties: properties,
                    body: Array(#"{"holder":"web-2"}"#.utf8), mandatory: true))
            _ = try dead.waitForConfirms(within: .seconds(30))
            #expect(try log.outcome(of: "buried").kind == .succeeded)
            for process in processes {
                #expect(process.terminate() == 0)
                #expect(!process.output.contains("ACCESS_REFUSED") && !process.output.contains("permission denied"))
            }
        }
    }

    /// What people and the autoscaler do, with the addresses that all share and users of their own: also to ask the
    /// broker's management API.
    @Test func peopleAndTheAutoscalerHaveEnough() throws {
        try withRoles { roles in
            try roles.cluster.addServers(1)
            for process in ["lease-ip", "import-batch", "relay"] {
                try roles.cluster.start(process, roles.environment(process))
            }
            for line in [
                "enqueue import-batch --example --wait", "enqueue lease-ip --set holder=web-1 --wait", "jobs list",
                "servers list", "servers show 10.0.0.1", "servers init 10.0.0.1", "leases --all", "runs list", "tasks",
                "logs", "top --once", "queues pause lease-ip --reason x", "queues resume lease-ip", "doctor",
            ] { _ = try roles.ruche(as: "operator", line.split(separator: " ").map(String.init)) }
            for process in ["operator", "reader"] {
                let queues = try roles.ruche(as: process, ["queues", "--json"])
                #expect(queues.contains(#""unacked":0"#), "\(queues)")
            }
            let decision = try roles.ruche(as: "reader", ["autoscale", "lease-ip=1:2", "--once", "-o", "jsonl"])
            #expect(decision.contains(#""inHand":0"#), "\(decision)")
        }
    }

    /// Whose user may not do what: the queue to read from, or the exchange to write to.
    @Test(
        arguments: [
            ("lease-ip", nil, "ruche.commands"), ("lease-ip", "ruche.ingest-logs", nil),
            ("lease-ip", "ruche.dead", nil),
            ("ingest-logs", "ruche.lease-ip", nil), ("relay", "ruche.lease-ip", nil),
            ("producer", "ruche.lease-ip", nil),
            ("producer", nil, "ruche.events"), ("producer", nil, ""), ("producer", "ruche.dead", nil),
            ("operator", nil, "ruche.events"), ("reader", "ruche.lease-ip", nil), ("reader", nil, "ruche.commands"),
        ] as [(String, String?, String?)])
    func aUserMayDoNoMore(process: String, queue: String?, exchange: String?) throws {
        try withRoles { roles in
            let broker = try AMQP.Connection.open(AMQPURI(parsing: try roles.amqpURL(process)), name: "stranger")
            defer { broker.close() }
            let error = #expect(throws: AMQPError.self) {
                if let queue { _ = try broker.consume(queue, prefetch: 1) }
                guard let exchange else { return }
                try broker.publish(
                    OutgoingMessage(
                        exchange: exchange, routingKey: "ruche.lease-ip", properties: Properties(), body: [],
                        mandatory: false))
                _ = try broker.waitForConfirms(within: .seconds(30))
            }
            #expect("\(String(describing: error))".contains("access to"), "\(String(describing: error))")
        }
    }

    /// Whose role may not run what.
    @Test(arguments: [
        ("lease_ip", "SELECT data FROM upload_chunk"), ("lease_ip", "DELETE FROM job_key"),
        ("lease_ip", "UPDATE server SET status = 'ERROR'"), ("lease_ip", "SELECT ssh_password FROM server"),
        ("lease_ip", "CREATE TABLE mine ()"), ("lease_ip", "SELECT make_days('job', 1)"),
        ("ingest_logs", "SELECT FROM lease"), ("expire_task", "INSERT INTO lease DEFAULT VALUES"),
        ("relay", "INSERT INTO lease DEFAULT VALUES"), ("relay", "UPDATE job SET state = 's'"),
        ("init_server", "UPDATE server SET ip = '192.0.2.1'"), ("init_server", "DELETE FROM address"),
        ("deploy_shop", "UPDATE server SET status = 'ERROR'"), ("deploy_shop", "DELETE FROM forgotten_shop"),
        ("init_server", "INSERT INTO forgotten_shop DEFAULT VALUES"),
        ("operator", "UPDATE server SET status = 'ERROR'"), ("operator", "DELETE FROM run_event"),
        ("relay", "SELECT ssh_password FROM server"), ("operator", "UPDATE event SET body = ''"),
        ("operator", "DELETE FROM audit"), ("operator", "SELECT drop_days('job', 0)"),
        ("reader", "SELECT payload FROM job"), ("reader", "SELECT body FROM event"),
        ("reader", "SELECT payload FROM schedule"), ("reader", "SELECT ssh_password FROM server"),
        ("reader", "INSERT INTO audit DEFAULT VALUES"),
    ])
    func aRoleMayDoNoMore(role: String, statement: String) throws {
        try withRoles { roles in
            let database = try roles.database(role)
            defer { database.close() }
            let error = #expect(throws: PostgresError.self) { try database.script(statement) }
            #expect(error?.sqlState?.description == "42501", "\(String(describing: error))")
        }
    }

    @Test func whatARoleHadBeyondItsRightsIsTakenBack() throws {
        try withRoles { roles in
            let owner = try roles.cluster.database()
            defer { owner.close() }
            try owner.script("GRANT ALL ON ALL TABLES IN SCHEMA public TO ruche_reader")
            try roles.migrate()
            let reader = try roles.database("reader")
            defer { reader.close() }
            #expect(throws: PostgresError.self) { try reader.script("SELECT payload FROM job") }
            try reader.script("SELECT id, state FROM job")
        }
    }

    /// A secret is changed while a worker runs: it comes back with the new one when its connection ends.
    @Test func aPasswordIsChangedWithoutARestart() throws {
        try withRoles { roles in
            let cluster = roles.cluster
            try cluster.addServers(2)
            let log = try EventLog(cluster)
            // It publishes what is done before the worker's publisher is back.
            try cluster.start("relay", roles.environment("relay"))
            // Each of its four queues is consumed once, and then again.
            let worker = try cluster.start("lease-ip", roles.environment("lease-ip"))
            let load = try Load(cluster)
            try load.publish(LeaseIP(holder: "web-1"), id: "before")
            try load.settle()
            #expect(try log.outcome(of: "before").kind == .succeeded)

            let old = try roles.amqpURL("lease-ip")
            try roles.change("lease-ip_amqp_password")
            try roles.migrate()
            #expect(throws: AMQPError.self, "the old one") {
                try AMQP.Connection.open(AMQPURI(parsing: old), name: "old").close()
            }
            try roles.closeConnections(of: "lease-ip")
            try eventually("it consumes again") {
                worker.output.split(separator: "\n").count { $0.contains(#""consuming""#) } >= 8
            }
            try load.publish(LeaseIP(holder: "web-2"), id: "after")
            try load.settle()
            #expect(try log.outcome(of: "after").kind == .succeeded)
            #expect(worker.terminate() == 0)
        }
    }

    /// The verifier that the server keeps is one that it takes the password for.
    @Test func theDatabaseTakesThePasswordAndNoOther() throws {
        try withRoles { roles in
            let owner = try roles.cluster.database()
            defer { owner.close() }
            let kept: String = try owner.query(
                "SELECT rolpassword::text FROM pg_authid WHERE rolname = 'ruche_reader'"
            ).get(0, 0)
            #expect(kept.hasPrefix("SCRAM-SHA-256$4096:"))
            #expect(!kept.contains(try roles.password("reader_database_password")))
        }
    }

    @Test func whatIsMissingIsSaid() throws {
        try withRoles { roles in
            try FileManager.default.removeItem(atPath: roles.file("relay_database_password"))
            let result = try roles.run(["--passwords", roles.directory])
            #expect(result.status == 3 && result.errors.contains("relay_database_password"), "\(result.errors)")
            try "\n".write(toFile: roles.file("relay_database_password"), atomically: true, encoding: .utf8)
            let empty = try roles.run(["--passwords", roles.directory])
            #expect(empty.status == 2 && empty.errors.contains("holds no password"), "\(empty.errors)")
            #expect(try roles.cluster.run("ruche", ["migrate", "--passwords", "/"]).status == 2)
            let dry = try roles.run(["--dry-run"])
            #expect(dry.status == 0 && dry.output.contains(#"GRANT SELECT, UPDATE ON "public"."address""#))
            #expect(!dry.output.contains("PASSWORD"))
        }
    }
}
