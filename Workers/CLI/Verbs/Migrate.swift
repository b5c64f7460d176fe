import AMQP
import Contracts
import Depth
import Runtime

extension Verb {
    static let migrate = Verb(
        path: ["migrate"], summary: "bring the database schema and the broker's topology up to date",
        options: [.dryRun],
        examples: ["ruche migrate", "ruche migrate --dry-run"]
    ) { invocation in
        let reach = Reach()
        try migrateDatabase(reach, dryRun: invocation.has("dry-run"))
        try migrateBroker(reach, dryRun: invocation.has("dry-run"))
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
