import Contracts
import Postgres
import Sealing
import TestSupport
import Testing

/// What an import does to the inventory.
@Suite(.servers) struct ImportBatchTests {
    private static let header = ServerList.requiredHeader

    @Test("a list becomes a session and its servers, with their passwords sealed")
    func importsList() throws {
        try withImporter { importer in
            var list = ServerList(count: 9)
            list.status = "CONFIGURED"
            var command = ImportBatch(session: "first", csv: list.csv)
            let completion = try importer.imported(command)
            #expect(completion.inserted == 9)
            #expect(completion.updated + completion.unchanged + completion.rejected == 0)
            #expect(completion.errors == [])
            #expect(completion.session == "first")
            let session = Int64(completion.sessionId)
            #expect(try importer.number("SELECT count(*) FROM server WHERE session = \(session)") == 9)
            #expect(try importer.number("SELECT inserted FROM session WHERE id = \(session)") == 9)
            let sealed = try importer.database.query("SELECT ssh_password FROM server ORDER BY ip LIMIT 2")
            let password = try importer.keys.open(
                sealed.get(1, 0, as: Bytes.self).array, context: "server/ssh-password")
            #expect(String(decoding: password, as: UTF8.self) == #"p"w,1"#)
            // What is configured can be leased, what is not cannot.
            #expect(try importer.number("SELECT count(*) FROM address") == 9)
            list = ServerList(count: 2)
            list.first = 100
            command = ImportBatch(session: "second", csv: list.csv)
            #expect(try importer.imported(command).inserted == 2)
            #expect(try importer.number("SELECT count(*) FROM address") == 9)
        }
    }

    @Test("the same bytes under the same name find their session and change nothing")
    func importsTwice() throws {
        try withImporter { importer in
            let command = ImportBatch(session: "weekly", csv: ServerList(count: 5).csv)
            let first = try importer.imported(command)
            try importer.database.execute("UPDATE server SET cores = 99 WHERE ip = '10.0.0.3'")
            let second = try importer.imported(command)
            #expect(second.sessionId == first.sessionId)
            #expect([second.inserted, second.updated, second.unchanged, second.rejected] == [0, 0, 5, 0])
            #expect(try importer.number("SELECT count(*) FROM session") == 1)
            #expect(try importer.number("SELECT cores FROM server WHERE ip = '10.0.0.3'") == 99)
            // Another provider makes another list of the same bytes.
            let other = ImportBatch(session: "weekly", provider: "Other", csv: ServerList(count: 5).csv)
            #expect(try importer.imported(other).sessionId != first.sessionId)
        }
    }

    @Test("known servers are updated where they differ; their life and their secrets are left alone")
    func updatesKnown() throws {
        try withImporter { importer in
            let before = """
                \(Self.header),status,sshPassword,health,ownerClientId,provider,hostKey
                10.0.0.1,true,4,8192,80,root,22,PASSWORD,CONFIGURED,old,OK,7,First,SHA256:\(fingerprint)
                10.0.0.2,true,4,8192,80,root,22,PASSWORD,PENDING,old,OK,7,First,
                10.0.0.3,true,4,8192,80,root,22,KEY,PENDING,,OK,7,First,
                """
            #expect(try importer.imported(ImportBatch(session: "a", csv: before)).inserted == 3)
            let secrets: SQL = "SELECT string_agg(encode(ssh_password, 'hex'), ',' ORDER BY ip) FROM server"
            let sealed = try importer.text(secrets)
            let after = """
                \(Self.header),status,sshPassword,health,ownerClientId
                10.0.0.1,false,8,16384,160,deploy,22,KEY,ERROR,new,CRIT,8
                10.0.0.2,true,4,8192,80,root,22,KEY,ERROR,new,CRIT,8
                10.0.0.3,true,4,8192,80,root,22,KEY,ERROR,new,CRIT,8
                10.0.0.4,true,4,8192,80,root,22,KEY,PENDING,,OK,7
                10.0.0.4,true,4,8192,80,root,2222,KEY,CONFIGURED,,OK,7
                ::ffff:10.0.0.3,true,4,8192,80,root,23,KEY,CONFIGURED,,OK,7
                """
            let completion = try importer.imported(ImportBatch(session: "b", csv: after))
            #expect([completion.inserted, completion.updated, completion.unchanged] == [3, 2, 1])
            let rows = try importer.text(
                """
                SELECT string_agg(concat_ws(' ', host(ip), ssh_port, is_ssl, cores, ram_mb, storage_gb, ssh_user,
                    ssh_auth, status, health, owner_client_id, provider, left(host_key, 6)), ';' ORDER BY id)
                FROM server
                """)
            #expect(
                rows.split(separator: ";") == [
                    "10.0.0.1 22 f 8 16384 160 deploy PASSWORD CONFIGURED OK 7 First SHA256",
                    "10.0.0.2 22 t 4 8192 80 root KEY PENDING OK 7 First",
                    "10.0.0.3 22 t 4 8192 80 root KEY PENDING OK 7 First",
                    "10.0.0.4 22 t 4 8192 80 root KEY PENDING OK 7",
                    "10.0.0.4 2222 t 4 8192 80 root KEY CONFIGURED OK 7",
                    "10.0.0.3 23 t 4 8192 80 root KEY CONFIGURED OK 7",
                ])
            #expect(try importer.text(secrets) == sealed)
            let addresses: SQL =
                "SELECT string_agg(host(ip) || ' ' || cores || ' ' || ram_mb, ';' ORDER BY ip) FROM address"
            #expect(try importer.text(addresses) == "10.0.0.1 8 16384;10.0.0.3 4 8192;10.0.0.4 4 8192")
        }
    }

    @Test("a corrected password takes the place of the wrong one, until our key opens the server")
    func correctsPasswords() throws {
        try withImporter { importer in
            func bring(_ name: String, _ password: String) throws -> BatchImported {
                let rows = (1...4).map { "10.0.0.\($0),true,4,8192,80,root,22,PASSWORD,\(password)\n" }.joined()
                let csv = "\(Self.header),sshPassword\n\(rows)"
                return try importer.imported(ImportBatch(session: name, csv: csv))
            }
            #expect(try bring("a", "wrong").inserted == 4)
            try importer.database.execute("UPDATE server SET status = 'ERROR' WHERE ip = '10.0.0.2'")
            try importer.database.execute("UPDATE server SET status = 'CONFIGURED' WHERE ip = '10.0.0.3'")
            try importer.database.execute(
                "UPDATE server SET status = 'ERROR', operator_since = now() WHERE ip = '10.0.0.4'")
            let second = try bring("b", "right")
            #expect([second.inserted, second.updated, second.unchanged] == [0, 2, 2])
            let rows = try importer.database.query("SELECT ssh_password FROM server ORDER BY ip")
            let passwords = try (0..<4).map { row in
                let sealed = try rows.get(row, 0, as: Bytes.self).array
                return String(
                    decoding: try importer.keys.open(sealed, context: "server/ssh-password"), as: UTF8.self)
            }
            #expect(passwords == ["right", "right", "wrong", "wrong"])
            // A list without one leaves what is known.
            #expect(try bring("c", "").unchanged == 4)
        }
    }

    @Test("tenants do not see each other's servers, rows with fields and sealed texts are read alike")
    func readsEverySource() throws {
        try withImporter { importer in
            var row = ServerRow()
            (row.serverIp, row.isSsl, row.cores, row.ramMb) = ("10.0.0.1", "yes", "4", "8192")
            (row.storageGb, row.sshUser, row.sshPort, row.sshAuth) = ("80", "root", "22", "key")
            row.sshPassword = importer.keys.publicKey.seal("secret")
            #expect(try importer.imported(ImportBatch(session: "rows", rows: [row])).inserted == 1)
            let sealed = try importer.database.query("SELECT ssh_password FROM server").get(0, 0, as: Bytes.self).array
            let opened = try importer.keys.open(sealed, context: "server/ssh-password")
            #expect(String(decoding: opened, as: UTF8.self) == "secret")

            let text = "\(Self.header)\n10.0.0.1,yes,4,8192,80,root,22,key\n"
            let csv = importer.keys.publicKey.seal(text)
            #expect(try importer.imported(ImportBatch(session: "sealed", csv: csv)).unchanged == 1)
            #expect(try importer.imported(ImportBatch(session: "sealed", csv: text)).unchanged == 1)
            #expect(try importer.number("SELECT count(*) FROM session WHERE name = 'sealed'") == 1)
        }
    }

    private let fingerprint = String(repeating: "a", count: 43)
}
