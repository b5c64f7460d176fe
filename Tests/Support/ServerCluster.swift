package import Postgres

extension Cluster {
    /// Puts configured servers into the inventory, with addresses of 10.0.0.0/8, ready to be leased.
    package func addServers(_ count: Int) throws {
        let database = try database()
        defer { database.close() }
        try database.addServers(count)
    }
}

extension Postgres.Connection {
    /// The same, to the database at the other end.
    package func addServers(_ count: Int) throws {
        try script(
            """
            INSERT INTO session (tenant, name, content, job, inserted, updated, unchanged, rejected)
            VALUES ('default', 'test', '\\x00', gen_random_uuid(), \(count), 0, 0, 0);
            INSERT INTO server (tenant, session, ip, ssh_port, is_ssl, cores, ram_mb, storage_gb, ssh_user, ssh_auth,
                status)
            SELECT 'default', (SELECT max(id) FROM session), '10.0.0.0'::inet + n, 22, true, 4, 8192, 100, 'root',
                'KEY', 'CONFIGURED' FROM generate_series(1, \(count)) AS n;
            INSERT INTO address (server, tenant, ip, cores, ram_mb)
            SELECT id, tenant, ip, cores, ram_mb FROM server;
            """)
    }
}
