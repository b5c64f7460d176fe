import Contracts
import Postgres
import Sealing
import TestSupport

extension ImportFixture {
    /// Streams a list into an upload, as a client does.
    func upload(_ list: ServerList, pieceSize: Int = 262_144) throws -> UniqueID {
        let id = UniqueID(high: .random(in: 1...UInt64.max), low: .random(in: 1...UInt64.max))
        try database.execute("INSERT INTO upload (id, tenant) VALUES (\(id), 'default')")
        var chunks: Int32 = 0
        try list.pieces(of: pieceSize) { piece in
            let sealed = Bytes(keys.seal(piece, context: "upload/\(id)/\(chunks)"))
            try database.execute("INSERT INTO upload_chunk (upload, number, data) VALUES (\(id), \(chunks), \(sealed))")
            chunks += 1
        }
        let file = Array(list.csv.utf8)
        try database.execute(
            """
            UPDATE upload SET chunks = \(chunks), bytes = \(file.count), sha256 = \(Bytes(Digest.sha256(file)))
            WHERE id = \(id)
            """)
        return id
    }

    /// The only number that a statement selects.
    func number(_ sql: SQL) throws -> Int {
        try database.query(sql).get(0, 0)
    }

    /// The only text that a statement selects.
    func text(_ sql: SQL) throws -> String {
        try database.query(sql).get(0, 0)
    }
}
