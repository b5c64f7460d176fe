/// What makes a role of the database what ``ProcessRole`` says, and nothing more. Pure.
struct RoleStatements {
    let schema: String
    let database: String

    /// Makes the role unless it is there; a server's databases share it. Who takes it needs a password, a certificate,
    /// or the server's trust.
    static func create(_ role: ProcessRole) -> String {
        """
        DO $$ BEGIN CREATE ROLE \(quoted(role.name)) LOGIN; \
        EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$
        """
    }

    /// Gives it another password, as the server keeps it.
    static func password(_ role: ProcessRole, verifier: String) -> String {
        "ALTER ROLE \(quoted(role.name)) PASSWORD '\(verifier.replacing(scalar: "'", with: "''"))'"
    }

    /// Takes from it what it has and gives it what it needs: within one transaction nobody sees it without.
    func grants(_ role: ProcessRole) -> [String] {
        let name = Self.quoted(role.name)
        let schema = Self.quoted(schema)
        var statements = [
            "REVOKE ALL ON ALL TABLES IN SCHEMA \(schema) FROM \(name)",
            "REVOKE ALL ON ALL SEQUENCES IN SCHEMA \(schema) FROM \(name)",
            "REVOKE ALL ON ALL FUNCTIONS IN SCHEMA \(schema) FROM \(name)",
            "REVOKE ALL ON SCHEMA \(schema) FROM \(name)",
            "REVOKE ALL ON DATABASE \(Self.quoted(database)) FROM \(name)",
        ]
        guard !role.grants.isEmpty else { return statements }
        let rights = role.needsTemporary ? "CONNECT, TEMPORARY" : "CONNECT"
        statements.append("GRANT \(rights) ON DATABASE \(Self.quoted(database)) TO \(name)")
        statements.append("GRANT USAGE ON SCHEMA \(schema) TO \(name)")
        for grant in role.grants {
            statements.append("GRANT \(grant.privileges) ON \(schema).\(Self.quoted(grant.table)) TO \(name)")
        }
        for sequence in role.sequences {
            statements.append("GRANT USAGE ON SEQUENCE \(schema).\(Self.quoted(sequence)) TO \(name)")
        }
        for function in role.functions {
            statements.append("GRANT EXECUTE ON FUNCTION \(schema).\(function) TO \(name)")
        }
        return statements
    }

    private static func quoted(_ identifier: String) -> String {
        "\"" + identifier.replacing(scalar: "\"", with: "\"\"") + "\""
    }
}
