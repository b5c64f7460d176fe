import Contracts
import Postgres
import TestSupport
import Testing

/// Lists that are partly wrong: refused as a whole, or imported without the wrong rows, or only tried.
@Suite(.servers) struct ImportFaultTests {
    private static let list = """
        \(ServerList.requiredHeader),sshPassword
        10.0.0.1,true,4,8192,80,root,22,KEY,
        10.0.0.2,true,many,8192,80,root,22,PASSWORD,hunter2
        10.0.0.1,true,8,8192,80,root,22,KEY,
        10.0.0.3,true,4,8192,80,root,22,KEY,
        10.0.0.2,true,4,8192,80,root,22,KEY,ruche-sealed:v1:nonsense
        nowhere,maybe,4,8192,80,root,22,KEY,
        """
    private static let faults = [
        "3 cores invalid-value", "4 serverIp duplicate-server", "6 serverIp duplicate-server",
        "6 sshPassword cannot-unseal", "7 isSsl invalid-value", "7 serverIp invalid-value",
    ]

    @Test("a list with faults is refused with all of them, and leaves nothing behind")
    func refusesAll() throws {
        try withImporter { importer in
            let reason = try importer.refused(ImportBatch(session: "bad", csv: Self.list))
            #expect(reason.reason == "rows-invalid")
            #expect(described(reason.errors ?? []) == Self.faults)
            #expect(reason.errorsTruncated != true)
            #expect(reason.errors?[1].message == "The same address and port stand on line 2.")
            #expect(reason.json().firstRange(of: Array("hunter2".utf8)) == nil)
            let left = try importer.number(
                """
                SELECT (SELECT count(*) FROM server) + (SELECT count(*) FROM session)
                    + (SELECT count(*) FROM import_error)
                """
            )
            #expect(left == 0)
            let header = try importer.refused(ImportBatch(session: "bad", csv: "serverIp\n", mode: .skipInvalid))
            #expect(header.reason == "rows-invalid")
            #expect(header.errors?.count == 7)
        }
    }

    @Test("skip-invalid imports the other rows and keeps every fault")
    func skipsInvalid() throws {
        try withImporter { importer in
            var command = ImportBatch(session: "partly", csv: Self.list, mode: .skipInvalid)
            let completion = try importer.imported(command)
            #expect([completion.inserted, completion.rejected] == [2, 4])
            #expect(described(completion.errors) == Self.faults)
            #expect(try importer.number("SELECT count(*) FROM import_error") == 6)
            #expect(try importer.number("SELECT rejected FROM session") == 4)
            #expect(try importer.number("SELECT cores FROM server WHERE ip = '10.0.0.1'") == 4)
            // The same again says the same again; all or nothing does not take "almost" for an answer.
            let again = try importer.imported(command)
            #expect([again.inserted, again.unchanged, again.rejected] == [0, 2, 4])
            #expect(again.errors == completion.errors)
            #expect(again.sessionId == completion.sessionId)
            command.mode = .atomic
            #expect(try importer.refused(command).errors?.count == 6)
        }
    }

    @Test("a dry run says what would happen and keeps nothing but the faults")
    func triesOnly() throws {
        try withImporter { importer in
            let known = "\(ServerList.requiredHeader)\n10.0.0.3,true,2,8192,80,root,22,KEY\n"
            #expect(try importer.imported(ImportBatch(session: "known", csv: known)).inserted == 1)
            var command = ImportBatch(session: "trial", csv: Self.list, dryRun: true)
            let trial = try importer.imported(command)
            #expect(trial.dryRun)
            #expect(trial.sessionId == 0)
            #expect([trial.inserted, trial.updated, trial.unchanged, trial.rejected] == [1, 1, 0, 4])
            #expect(described(trial.errors) == Self.faults)
            #expect(try importer.number("SELECT count(*) FROM server") == 1)
            #expect(try importer.number("SELECT count(*) FROM session") == 1)
            #expect(try importer.number("SELECT cores FROM server") == 2)
            #expect(try importer.number("SELECT count(*) FROM import_error") == 6)
            (command.dryRun, command.mode) = (false, .skipInvalid)
            let real = try importer.imported(command)
            #expect([real.inserted, real.updated, real.unchanged, real.rejected] == [1, 1, 0, 4])
        }
    }

    @Test("more faults than an event may list are counted, and the first hundred listed")
    func truncates() throws {
        try withImporter { importer in
            var list = ServerList(count: 150)
            list.faultEvery = 1
            let reason = try importer.refused(ImportBatch(session: "bad", csv: list.csv))
            #expect(reason.errors?.count == BatchImported.errorLimit)
            #expect(reason.errorsTruncated == true)
            #expect(reason.message.contains("150 faults"))
            let trial = try importer.imported(ImportBatch(session: "bad", csv: list.csv, dryRun: true))
            #expect(trial.errorsTruncated)
            #expect(try importer.number("SELECT count(*) FROM import_error") == 150)
        }
    }

    private func described(_ errors: [RowError]) -> [String] {
        errors.map { "\($0.line) \($0.column) \($0.code)" }
    }
}
