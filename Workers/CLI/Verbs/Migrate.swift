import AMQP
import Contracts
import Depth
import Runtime

extension Verb {
    static let migrate = Verb(
        path: ["migrate"], summary: "bring the database schema and the broker's topology up to date",
        options: [
            .flag("roles", "also make a role and a user for each process, with the least it needs"),
            .value("passwords", "DIR", "for --roles: <process>_database_password and <process>_amqp_password"),
            .dryRun,
        ],
        examples: ["ruche migrate", "ruche migrate --dry-run", "ruche migrate --roles --passwords /run/secrets"]
    ) { invocation in
        let reach = Reach()
        let dryRun = invocation.has("dry-run")
        guard invocation.has("roles") || invocation.value("passwords") == nil else {
            throw Failure(.usage, "--passwords belongs to --roles")
        }
        try migrateDatabase(reach, dryRun: dryRun)
        try migrateBroker(reach, dryRun: dryRun)
        if invocation.has("roles") {
            try migrateRoles(reach, RoleSetup(passwords: invocation.value("passwords")), dryRun: dryRun)
        }
    }

    private static func migrateRoles(_ reach: Reach, _ setup: RoleSetup, dryRun: Bool) throws {
        let database = try reach.database()
        defer { database.close() }
        if dryRun {
            for statement in try RoleSetup.plan(database) { emit("would run \(statement)") }
            for role in ProcessRole.all {
                emit(
                    "would let \(role.name) configure \(role.broker.configure), write \(role.broker.write), "
                        + "read \(role.broker.read)")
            }
            return
        }
        try setup.database(database)
        emit("database: \(ProcessRole.all.count { !$0.grants.isEmpty }) roles have their rights")
        guard let management = try reach.management() else {
            return note("broker: users are not set; give RABBITMQ_MANAGEMENT_URL")
        }
        let missing = try setup.broker(management)
        emit("broker: \(ProcessRole.all.count - missing.count) users have their rights")
        for name in missing { note("broker: there is no user \(name); give --passwords, or make it") }
    }

    private static func migrateDatabase(_ reach: Reach, dryRun: Bool) throws {
        let connection = try reach.database()
        defer { connection.close() }
        let migrations = SchemaFiles.all.map { Migration(version: $0.version, name: $0.name, sql: $0.sql) }
        if dryRun {
            for pending in try Migrations.status(migrations, on: connection).pending {
                emit("would apply \(pending.name)")
            }
            return
        }
        let applied = try Migrations.apply(migrations, on: connection) { note("database: \($0)") }
        for migration in applied { emit("applied \(migration.name)") }
        if applied.isEmpty { emit("database: up to date") }
        for newer in try Migrations.status(migrations, on: connection).unknown {
            note("database: has \(newer.name), which this ruche does not know")
        }
    }

    private static func migrateBroker(_ reach: Reach, dryRun: Bool) throws {
        let connection = try reach.broker()
        defer { connection.close() }
        for declaration in Topology.declarations(for: Catalogue.commands.map { $0.name }) {
            if dryRun {
                emit("would declare \(declaration)")
            } else {
                try connection.declare(declaration)
            }
        }
        if !dryRun { emit("broker: \(Catalogue.commands.count) command queues declared") }
        try migratePolicies(reach, dryRun: dryRun)
    }

    /// Limits are policies, not arguments, so that changing one never makes a declaration fail.
    private static func migratePolicies(_ reach: Reach, dryRun: Bool) throws {
        guard let management = try reach.management() else {
            return note("policies: not set; give RABBITMQ_MANAGEMENT_URL, or load compose/rabbitmq's definitions")
        }
        for policy in Topology.policies {
            if dryRun { emit("would set policy \(policy.name)") } else { try management.put(policy) }
        }
        if !dryRun { emit("broker: \(Topology.policies.count) policies set") }
    }
}
