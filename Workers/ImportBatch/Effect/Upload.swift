import Contracts
import Runtime

/// A file that its client streamed into the database in sealed chunks.
struct Upload {
    let id: UniqueID
    let chunks: Int
    let bytes: Int
    /// As the client stated it. That the chunks are the client's, and all of them, their seals prove.
    let sha256: [UInt8]

    /// Finds a complete upload of the tenant, and keeps it from being removed until the transaction ends.
    ///
    /// - Throws: the refusals `upload-unknown`, `upload-expired` and `upload-incomplete`.
    static func find(_ id: UniqueID, in tx: borrowing Transaction) throws(Rejection) -> Upload {
        let rows = try tx.query(
            """
            SELECT u.expires_at <= clock_timestamp(), u.chunks, u.bytes, u.sha256,
                (SELECT count(*) FROM upload_chunk AS c WHERE c.upload = u.id)
            FROM upload AS u WHERE u.id = \(id) AND u.tenant = \(tx.tenant)
            FOR KEY SHARE OF u
            """)
        guard !rows.isEmpty else { throw .refused("upload-unknown", "There is no such upload.") }
        let found = try reading { () throws(PostgresError) in
            (
                isExpired: try rows.get(0, 0, as: Bool.self), chunks: try rows.get(0, 1, as: Int?.self),
                bytes: try rows.get(0, 2, as: Int?.self), sha256: try rows.get(0, 3, as: Bytes?.self),
                present: try rows.get(0, 4, as: Int.self)
            )
        }
        guard !found.isExpired else {
            throw .refused("upload-expired", "The upload has expired. Upload the file again.")
        }
        guard let chunks = found.chunks, let bytes = found.bytes, let sha256 = found.sha256, found.present == chunks
        else {
            throw .refused("upload-incomplete", "The upload is not complete: \(found.present) chunks are there.")
        }
        return Upload(id: id, chunks: chunks, bytes: bytes, sha256: sha256.array)
    }

    /// The bytes of one chunk, from 0.
    ///
    /// - Throws: the refusal `upload-damaged` when it is missing, or is not what the client sealed.
    func chunk(_ number: Int, in tx: borrowing Transaction) throws(Rejection) -> [UInt8] {
        let rows = try tx.query(
            "SELECT data FROM upload_chunk WHERE upload = \(id) AND number = \(Int32(clamping: number))")
        guard !rows.isEmpty else { throw Self.damaged("Chunk \(number) is missing.") }
        let sealed = try reading { () throws(PostgresError) in try rows.get(0, 0, as: Bytes.self).array }
        do {
            return try tx.keys.open(sealed, context: "upload/\(id)/\(number)")
        } catch {
            if error.code == .unknownKey { throw .keyMissing("chunk \(number)") }
            throw Self.damaged("Chunk \(number) does not open: \(error.message).")
        }
    }

    /// The refusal of an upload whose chunks are not what its row says.
    static func damaged(_ message: String) -> Rejection { .refused("upload-damaged", message) }
}

extension Rejection {
    /// What was sealed with a key that this process does not have: after a rotation it may be on its way.
    static func keyMissing(_ what: String) -> Rejection {
        .transient("key-missing", "The key that \(what) was sealed with is not in RUCHE_KEY_FILE.")
    }
}

/// Reads cells of a result; an error of the decoding is one of the database.
func reading<R>(_ body: () throws(PostgresError) -> R) throws(Rejection) -> R {
    do {
        return try body()
    } catch {
        throw Rejection(error)
    }
}
