import Contracts
import Postgres
import TestSupport
import Testing

/// Lists that are larger than a message may be.
@Suite(.servers) struct ImportUploadTests {
    @Test("100,000 servers take no more memory than 10,000, and again find their session")
    func importsLargeList() throws {
        try withImporter { importer in
            let small = try importer.upload(ServerList(count: 10_000))
            #expect(try importer.imported(ImportBatch(session: "small", upload: small)).inserted == 10_000)
            let before = try importer.peakMemory()

            var list = ServerList(count: 100_000)
            list.extraMemory = 1
            var command = ImportBatch(session: "large", upload: try importer.upload(list))
            let completion = try importer.imported(command)
            #expect([completion.inserted, completion.updated, completion.unchanged] == [90_000, 10_000, 0])
            // The file has about 10 MB.
            #expect(try importer.peakMemory() - before <= 8)

            // Uploaded again, cut elsewhere: the same file.
            command.upload = try importer.upload(list, pieceSize: 200_000)
            let again = try importer.imported(command)
            #expect(again.sessionId == completion.sessionId)
            #expect(again.unchanged == 100_000)
        }
    }

    @Test("an upload that cannot be taken is refused, and why")
    func refusesUpload() throws {
        let cases = [
            ("UPDATE upload SET id = gen_random_uuid()", "upload-unknown", true),
            ("UPDATE upload SET tenant = 'somebody else'", "upload-unknown", false),
            ("UPDATE upload SET expires_at = now() - interval '1 second'", "upload-expired", false),
            ("UPDATE upload SET chunks = NULL, bytes = NULL, sha256 = NULL", "upload-incomplete", false),
            ("DELETE FROM upload_chunk WHERE number = 1", "upload-incomplete", false),
            ("UPDATE upload_chunk SET number = 9 WHERE number = 1", "upload-damaged", false),
            ("UPDATE upload_chunk SET data = set_byte(data, 40, 255 - get_byte(data, 40))", "upload-damaged", false),
            (
                "UPDATE upload_chunk AS a SET data = b.data FROM upload_chunk AS b WHERE a.number = 0 AND b.number = 2",
                "upload-damaged", false
            ),
            ("UPDATE upload SET bytes = bytes + 1", "upload-damaged", false),
        ]
        try withImporter { importer in
            for (change, code, losesChunks) in cases {
                let upload = try importer.upload(ServerList(count: 20), pieceSize: 500)
                try importer.database.script(losesChunks ? "DELETE FROM upload_chunk; \(change)" : change)
                let reason = try importer.refused(ImportBatch(session: "broken", upload: upload))
                #expect(reason.reason == code, "\(change): \(reason.message)")
                try importer.database.script("DELETE FROM upload")
            }
            #expect(try importer.number("SELECT count(*) FROM server") == 0)
        }
    }
}
