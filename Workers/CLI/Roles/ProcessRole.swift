import Contracts

/// What one process may do: the least that it needs of the database and of the broker. Pure.
///
/// The same name is its role in the database and its user on the broker: `ruche_lease_ip`.
struct ProcessRole: Hashable, Sendable {
    /// What may be done with a table, a view or a partitioned table: the words of GRANT.
    struct Grant: Hashable, Sendable {
        let table: String
        let privileges: String

        /// - Parameter privileges: as in SQL, such as `SELECT, INSERT`, or `SELECT (id, state)`.
        init(_ table: String, _ privileges: String) {
            self.table = table
            self.privileges = privileges
        }
    }

    /// What may be configured, written to and read on the broker: regular expressions over the names of exchanges and
    /// queues, as RabbitMQ has them.
    struct BrokerRights: Hashable, Sendable {
        /// How rights call the exchange without a name, which leads to every queue by the queue's name.
        static let defaultExchange = "amq.default"

        var configure = "^$"
        var write = "^$"
        var read = "^$"
    }

    /// The process: an executable, or `operator` and `reader`, as which people and tools come.
    let process: String
    var grants: [Grant] = []
    var sequences: [String] = []
    var functions: [String] = []
    /// Whether it makes temporary tables.
    var needsTemporary = false
    var broker = BrokerRights()
    /// Whether it asks the broker's management API how much workers have in hand.
    var asksManagement = false

    /// Its tags as the broker's user.
    var tags: String { asksManagement ? "management" : "" }

    /// Its name in the database and on the broker.
    var name: String { Self.prefix + String(process.map { $0 == "-" ? "_" : $0 }) }

    static let prefix = "ruche_"
}

extension ProcessRole {
    /// Every role of a cluster: its workers, the relay, and who comes from outside.
    static var all: [ProcessRole] {
        Catalogue.executables.map(worker) + [relay, `operator`, reader, producer]
    }

    /// The names of exchanges or queues, as a regular expression that matches just these.
    static func exactly(_ names: [String]) -> String {
        "^(" + names.map { $0.replacing(scalar: ".", with: "\\.") }.joined(separator: "|") + ")$"
    }

    /// A worker reads its own queues, and writes events and replies. It declares nothing.
    private static func worker(_ executable: Catalogue.Executable) -> ProcessRole {
        var role = ProcessRole(process: executable.name)
        let isLong = executable.commands.contains { Catalogue.command(named: $0)?.isLong ?? false }
        role.grants = ledger + (isLong ? runs : []) + tables(of: executable.name)
        role.sequences = executable.name == IngestLogs.name.rawValue ? ["log_chunk_id"] : []
        role.needsTemporary = executable.name == ImportBatch.name.rawValue
        role.broker.write = exactly([Topology.eventExchange, BrokerRights.defaultExchange])
        role.broker.read = exactly(executable.commands.map(Topology.queue))
        return role
    }

    /// The relay publishes what is due and what waits, returns dead letters to the queues they came from, and keeps
    /// house.
    private static var relay: ProcessRole {
        var role = ProcessRole(process: "relay")
        role.grants = [
            Grant("job_key", "SELECT, DELETE"), Grant("job", "SELECT"), Grant("event", "SELECT"),
            Grant("outbox", "SELECT, UPDATE, DELETE"), Grant("schedule", "SELECT, INSERT, UPDATE, DELETE"),
            Grant("run", "SELECT, UPDATE"),
            Grant("stray", "SELECT, INSERT, DELETE"), Grant("queue_control", "SELECT"),
            Grant("audit", "SELECT, DELETE"), Grant("upload", "SELECT, UPDATE, DELETE"),
            Grant("session", "SELECT, DELETE"), Grant("import_error", "SELECT, DELETE"),
            Grant("server", "SELECT (session)"),
            Grant("lease", "SELECT, DELETE"), Grant("task", "SELECT, DELETE"),
            Grant("log_stream", "SELECT, DELETE"), Grant("log_chunk", "SELECT, INSERT, DELETE"),
            Grant("log_merge", "SELECT, UPDATE"), Grant("run_event", "SELECT, DELETE"),
        ]
        role.functions = ["make_days(regclass, integer)", "drop_days(regclass, integer)"]
        role.broker.write = exactly([Topology.eventExchange, Topology.commandExchange, BrokerRights.defaultExchange])
        role.broker.read = exactly([Topology.deadLetterQueue])
        role.asksManagement = true
        return role
    }

    /// People at the command line: everything but the schema, the topology and `ruche verify`, which belong to whoever
    /// runs `ruche migrate`.
    private static var `operator`: ProcessRole {
        var role = ProcessRole(process: "operator")
        role.grants = [
            Grant("job_key", "SELECT, INSERT, UPDATE"), Grant("job", "SELECT, INSERT, UPDATE"),
            Grant("event", "SELECT, INSERT"), Grant("outbox", "SELECT, INSERT, UPDATE, DELETE"),
            Grant("schedule", "SELECT, INSERT, UPDATE, DELETE"), Grant("stray", "SELECT, DELETE"),
            Grant("run", "SELECT, UPDATE, DELETE"), Grant("run_target", "SELECT"),
            Grant("run_event", "SELECT"), Grant("shop", "SELECT"), Grant("shop_release", "SELECT"),
            Grant("forgotten_shop", "SELECT"),
            Grant("queue_control", "SELECT, INSERT, UPDATE, DELETE"), Grant("audit", "SELECT, INSERT"),
            Grant("upload", "SELECT, INSERT, UPDATE, DELETE"), Grant("upload_chunk", "SELECT, INSERT"),
            Grant("session", "SELECT"), Grant("import_error", "SELECT"), Grant("server", "SELECT"),
            Grant("address", "SELECT"), Grant("lease", "SELECT"), Grant("task", "SELECT"),
            Grant("log_stream", "SELECT"), Grant("log_chunk", "SELECT"), Grant("log_count", "SELECT"),
            Grant("log_merge", "SELECT"), Grant("schema_migration", "SELECT"),
        ]
        role.needsTemporary = true
        // A queue that the server names is how events are followed and replies are waited for.
        role.broker.configure = "^amq\\.gen"
        role.broker.write = "^(ruche\\.commands|amq\\.default|amq\\.gen.*)$"
        role.broker.read = "^(ruche\\..*|amq\\.gen.*)$"
        role.asksManagement = true
        return role
    }

    /// Dashboards and `ruche autoscale`: figures, and nothing that is sealed.
    private static var reader: ProcessRole {
        var role = ProcessRole(process: "reader")
        role.grants = [
            Grant(
                "job",
                """
                SELECT (day, key, id, command, tenant, state, attempt, reason, correlation_id, traceparent, \
                tracestate, enqueued_at, admitted_at, finished_at, worker, handled_at)
                """),
            Grant("event", "SELECT (day, key, sequence, type, at)"), Grant("outbox", "SELECT"),
            Grant(
                "schedule",
                "SELECT (subject, due_at, command, version, tenant, message_id, turn, expires_at, cause, created_at)"),
            Grant(
                "run",
                """
                SELECT (key, command, state, fence, lease_until, lease_ms, beats, writes, worker, attempt, starts, \
                progress, cancel_requested, cancel_reason, begun_at, claimed_at, tenant, message_id, turn)
                """), Grant("run_target", "SELECT"), Grant("run_event", "SELECT"), Grant("shop", "SELECT"),
            Grant("shop_release", "SELECT"), Grant("forgotten_shop", "SELECT"),
            Grant("stray", "SELECT (id, received_at, exchange, routing_key, message_id, type)"),
            Grant("queue_control", "SELECT"), Grant("audit", "SELECT"), Grant("session", "SELECT"),
            Grant(
                "server",
                "SELECT (id, tenant, session, ip, ssh_port, is_ssl, cores, ram_mb, storage_gb, status, provider, "
                    + "owner_client_id, health, last_seen_at, last_check_at, created_at, updated_at, operator_since, "
                    + "fault, fault_text, last_run, last_run_at, is_shared)"),
            Grant("address", "SELECT"), Grant("lease", "SELECT"), Grant("task", "SELECT"),
            Grant("log_stream", "SELECT"), Grant("log_chunk", "SELECT"), Grant("log_count", "SELECT"),
        ]
        role.asksManagement = true
        return role
    }

    /// Upstream services: they publish commands, hear the replies, and follow events by queues of their own that are
    /// named `events.…` or `reply.…`, or by the server. Of the database they know nothing.
    private static var producer: ProcessRole {
        var role = ProcessRole(process: "producer")
        role.broker.configure = "^(amq\\.gen.*|events\\..*|reply\\..*)$"
        role.broker.write = "^(ruche\\.commands|amq\\.gen.*|events\\..*|reply\\..*)$"
        role.broker.read = "^(ruche\\.events|amq\\.gen.*|events\\..*|reply\\..*)$"
        return role
    }
}
