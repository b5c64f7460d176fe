import CPostgres

extension Connection {
    /// What the server keeps of a role's password (SCRAM-SHA-256, RFC 7677), made here: the password itself neither
    /// travels nor can a log of statements show it. Letters, digits and `$:+/=-` only.
    ///
    /// Throws ``PostgresError/Code/misuse`` when libpq cannot make it.
    package func passwordVerifier(of password: String, for role: String) throws(PostgresError) -> String {
        guard let text = unsafe PQencryptPasswordConn(link.handle, password, role, "scram-sha-256") else {
            throw PostgresError(.misuse, "no verifier of a password: \(link.message)")
        }
        defer { unsafe PQfreemem(text) }
        return unsafe String(cString: text)
    }
}
