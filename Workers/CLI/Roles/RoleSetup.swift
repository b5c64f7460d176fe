import Contracts
import Depth
import Runtime

/// Makes each process its role in the database and its user on the broker, for `ruche migrate --roles`. The same again
/// changes nothing but passwords that have changed.
struct RoleSetup {
    /// Where passwords lie: `<process>_database_password` and `<process>_amqp_password`. `nil` leaves them as they are.
    let passwords: String?

    /// In one transaction: a cluster at work keeps its rights at every moment.
    ///
    /// - Throws: ``Failure``, also when the session may not make roles.
    func database(_ connection: Postgres.Connection) throws {
        let statements = try Self.statements(connection)
        var script: [String] = ["SELECT pg_advisory_xact_lock(hashtextextended('ruche.roles', 0))"]
        for role in ProcessRole.all where !role.grants.isEmpty {
            script.append(RoleStatements.create(role))
            if let password = try password(of: role, for: "database") {
                let verifier = try connection.passwordVerifier(of: password, for: role.name)
                script.append(RoleStatements.password(role, verifier: verifier))
            }
            script += statements.grants(role)
        }
        do throws(PostgresError) {
            try connection.script(script.joined(separator: ";\n"))
        } catch {
            guard error.sqlState == .insufficientPrivilege else { throw error }
            throw Failure(
                .denied, "database: \(error.summary)",
                "roles are made by a role that has CREATEROLE and owns the tables")
        }
    }

    /// What ``database(_:)`` would run, without passwords.
    static func plan(_ connection: Postgres.Connection) throws -> [String] {
        let statements = try statements(connection)
        return ProcessRole.all.filter { !$0.grants.isEmpty }.flatMap {
            [RoleStatements.create($0)] + statements.grants($0)
        }
    }

    private static func statements(_ connection: Postgres.Connection) throws(PostgresError) -> RoleStatements {
        let place = try connection.query("SELECT current_schema()::text, current_database()::text")
        return RoleStatements(schema: try place.get(0, 0), database: try place.get(0, 1))
    }

    /// Users and their rights on the virtual host. Without passwords, users that are there get their rights, and the
    /// names of the others are returned.
    func broker(_ management: Management) throws -> [String] {
        var missing: [String] = []
        for role in ProcessRole.all {
            if let password = try password(of: role, for: "amqp") {
                try management.putUser(role.name, password: password, tags: role.tags)
            } else if try !management.hasUser(role.name) {
                missing.append(role.name)
                continue
            }
            let rights = role.broker
            try management.putRights(
                of: role.name, configure: rights.configure, write: rights.write, read: rights.read)
        }
        return missing
    }

    /// The first line of the process's file.
    private func password(of role: ProcessRole, for server: String) throws(Failure) -> String? {
        guard let passwords else { return nil }
        let path = "\(passwords)/\(role.process)_\(server)_password"
        let line = try File.read(path).prefix { $0 != 0x0A && $0 != 0x0D }
        guard !line.isEmpty, let text = String(validating: line, as: UTF8.self), !line.contains(0) else {
            throw Failure(.usage, "\(path): holds no password")
        }
        return text
    }
}
