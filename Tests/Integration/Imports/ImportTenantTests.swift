import Contracts
import Postgres
import TestSupport
import Testing

/// A machine is the tenant's who has imported it first.
@Suite(.servers) struct ImportTenantTests {
    private static func list(_ rows: String...) -> String {
        ([ServerList.requiredHeader] + rows).joined(separator: "\n") + "\n"
    }

    private func described(_ errors: [RowError]?) -> [String] {
        (errors ?? []).map { "\($0.line) \($0.column) \($0.code) \($0.value ?? "")" }
    }

    @Test("a row that names another tenant's machine is at fault, and says nothing of that tenant")
    func refusesWhatIsAnothers() throws {
        try withImporter { importer in
            let first = Self.list(
                "10.0.0.1,true,4,8192,80,root,22,KEY", "10.0.0.2,true,4,8192,80,root,22,KEY")
            #expect(try importer.imported(ImportBatch(session: "a", csv: first), for: "acme").inserted == 2)
            let before = try importer.text("SELECT string_agg(to_jsonb(s)::text, ',' ORDER BY id) FROM server AS s")

            // The first at another port is another machine; the third is known nowhere; the fourth has two faults.
            let second = Self.list(
                "::ffff:10.0.0.1,false,8,16384,160,deploy,22,KEY", "10.0.0.1,true,4,8192,80,root,2222,KEY",
                "10.0.0.3,true,4,8192,80,root,22,KEY", "10.0.0.2,true,many,8192,80,root,22,KEY",
                "10.0.0.1,true,4,8192,80,root,22,KEY")
            let faults = [
                "2 serverIp belongs-to-another 10.0.0.1 port 22", "5 cores invalid-value many",
                "5 serverIp belongs-to-another 10.0.0.2 port 22", "6 serverIp duplicate-server 10.0.0.1 port 22",
            ]
            let reason = try importer.refused(ImportBatch(session: "b", csv: second))
            #expect(described(reason.errors) == faults)
            #expect(!String(decoding: reason.json(), as: UTF8.self).contains("acme"))
            #expect(try importer.number("SELECT count(*) FROM server") == 2)

            var command = ImportBatch(session: "b", csv: second, mode: .skipInvalid, dryRun: true)
            for isTrial in [true, false] {
                command.dryRun = isTrial
                let done = try importer.imported(command)
                #expect([done.inserted, done.updated, done.unchanged, done.rejected] == [2, 0, 0, 3])
                #expect(described(done.errors) == faults)
            }
            let ours = try importer.text(
                """
                SELECT string_agg(host(ip) || ' ' || ssh_port, ',' ORDER BY id) FROM server WHERE tenant = 'default'
                """)
            #expect(ours == "10.0.0.1 2222,10.0.0.3 22")
            let after = try importer.text(
                "SELECT string_agg(to_jsonb(s)::text, ',' ORDER BY id) FROM server AS s WHERE tenant = 'acme'")
            #expect(after == before)
            // Whose it is goes on as before.
            let more = Self.list("10.0.0.1,true,8,8192,80,root,22,KEY")
            #expect(try importer.imported(ImportBatch(session: "c", csv: more), for: "acme").updated == 1)
        }
    }

    @Test("of two tenants who import a machine at the same moment, the later one is told")
    func refusesTheLaterOfTwo() throws {
        try withCluster { cluster in
            let (load, log) = (try Load(cluster), try EventLog(cluster, binding: "import-batch.*"))
            for executable in ["relay", "import-batch"] { try cluster.start(executable) }
            let database = try cluster.database()
            defer { database.close() }
            try database.transaction { (tx) throws(PostgresError) in
                try tx.script(
                    """
                    INSERT INTO session (tenant, name, content, job, inserted, updated, unchanged, rejected)
                    VALUES ('acme', 'test', '', gen_random_uuid(), 1, 0, 0, 0);
                    INSERT INTO server (tenant, session, ip, ssh_port, is_ssl, cores, ram_mb, storage_gb, ssh_user,
                        ssh_auth)
                    SELECT 'acme', max(id), '10.0.0.2', 22, true, 4, 8192, 100, 'root', 'KEY' FROM session;
                    """)
                do {
                    try load.publish(
                        ImportBatch(
                            session: "b",
                            csv: Self.list(
                                "10.0.0.1,true,4,8192,80,root,22,KEY", "10.0.0.2,true,4,8192,80,root,22,KEY")),
                        id: "b")
                    try load.settle()
                    try eventually("the other import meets it") {
                        try cluster.number(
                            """
                            SELECT count(*) FROM pg_stat_activity
                            WHERE datname = current_database() AND wait_event_type = 'Lock'
                            """) == 1
                    }
                } catch { Issue.record(error) }
            }
            let event = try log.outcome(of: "b")
            let reason = try event.decode(Reason.self)
            #expect(event.kind == .refused && reason.reason == "rows-invalid", "\(reason)")
            #expect(described(reason.errors) == ["3 serverIp belongs-to-another 10.0.0.2 port 22"])
            #expect(try cluster.number("SELECT count(*) FROM server") == 1)
        }
    }

    @Test("machines that several tenants had before stay with all of them, and nobody else gets them")
    func keepsWhatWasShared() throws {
        try withConnection { connection in
            let all = SchemaFiles.all.map { Migration(version: $0.version, name: $0.name, sql: $0.sql) }
            try Migrations.apply(all.filter { $0.version < 16 }, on: connection)
            let insert = """
                INSERT INTO server (tenant, session, ip, ssh_port, is_ssl, cores, ram_mb, storage_gb, ssh_user,
                    ssh_auth)
                """
            try connection.script(
                """
                INSERT INTO session (tenant, name, content, job, inserted, updated, unchanged, rejected)
                VALUES ('a', 'test', '', gen_random_uuid(), 1, 0, 0, 0);
                \(insert)
                SELECT u.tenant, s.id, u.ip, 22, true, 4, 8192, 100, 'root', 'KEY'
                FROM session AS s, unnest(ARRAY['a', 'b', 'c', 'b'], ARRAY['10.0.0.1', '10.0.0.1', '10.0.0.1',
                    '10.0.0.2']::inet[]) AS u (tenant, ip);
                """)
            try Migrations.apply(all, on: connection)
            let shared: String = try connection.query(
                """
                SELECT string_agg(tenant || ' ' || host(ip) || ' ' || is_shared, ',' ORDER BY id) FROM server
                """
            ).get(0, 0)
            #expect(shared == "a 10.0.0.1 false,b 10.0.0.1 true,c 10.0.0.1 true,b 10.0.0.2 false")
            let error = #expect(throws: PostgresError.self) {
                try connection.script(
                    "\(insert) SELECT 'd', id, '10.0.0.1', 22, true, 4, 8192, 100, 'root', 'KEY' FROM session")
            }
            #expect(error?.sqlState == .uniqueViolation)
        }
    }
}
