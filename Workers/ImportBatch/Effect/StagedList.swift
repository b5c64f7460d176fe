import Contracts
import Runtime

/// A list in the temporary table `import_row`, and what was found while reading it.
struct StagedList {
    /// The context for which passwords are sealed at rest.
    static let passwordContext = "server/ssh-password"

    /// What is wrong, in the order of the lines.
    var faults: FaultList
    /// How many rows are at fault so far.
    let rejected: Int
    /// Whether every row has been seen.
    let isReadable: Bool

    /// Reads, checks and stages a list, a piece at a time: one COPY for each chunk of an upload.
    static func read(
        _ source: ListSource, provider: String?, in tx: borrowing Transaction
    ) throws(Rejection) -> StagedList {
        try createTable(in: tx)
        let keys = tx.keys
        var reader = ServerListReader(provider: provider) { try? keys.unseal($0) }
        switch source.list {
        case .text(let bytes):
            reader.read(bytes)
        case .rows(let rows):
            for (index, row) in rows.enumerated() { reader.read(row, line: index + 1) }
        case .upload(let upload):
            var bytes = 0
            for number in 0..<upload.chunks {
                let chunk = try upload.chunk(number, in: tx)
                bytes += chunk.count
                reader.read(chunk)
                try stage(reader.takeRows(), in: tx)
            }
            guard bytes == upload.bytes else {
                throw Upload.damaged("The chunks have \(bytes) bytes, the upload \(upload.bytes).")
            }
        }
        reader.finish()
        try stage(reader.takeRows(), in: tx)
        return StagedList(faults: reader.faults, rejected: reader.rejected, isReadable: reader.isReadable)
    }

    private static func createTable(in tx: borrowing Transaction) throws(Rejection) {
        // Rows at fault have their key alone. Text where COPY would need the binary form of an address.
        try tx.send(
            """
            CREATE TEMPORARY TABLE import_row (
                line integer NOT NULL, ip text NOT NULL, ssh_port integer NOT NULL, is_valid boolean NOT NULL,
                is_ssl boolean, cores integer, ram_mb integer, storage_gb integer, ssh_user text, ssh_auth text,
                ssh_password bytea, status text, provider text, owner_client_id bigint, health text,
                last_seen_at timestamptz, last_check_at timestamptz, host_key text
            ) ON COMMIT DROP
            """)
    }

    private static func stage(_ rows: [ListedRow], in tx: borrowing Transaction) throws(Rejection) {
        guard !rows.isEmpty else { return }
        let keys = tx.keys
        try tx.copy("COPY import_row FROM STDIN (FORMAT binary)") { writer throws(PostgresError) in
            for row in rows { try append(row, to: &writer, sealedWith: keys) }
        }
    }

    private static func append(
        _ row: ListedRow, to writer: inout CopyWriter, sealedWith keys: KeyRing
    ) throws(PostgresError) {
        let server = row.server
        try writer.append(row.line)
        try writer.append(row.ip)
        try writer.append(row.sshPort)
        try writer.append(server != nil)
        try writer.append(server?.isSsl)
        try writer.append(server?.cores)
        try writer.append(server?.ramMb)
        try writer.append(server?.storageGb)
        try writer.append(server?.sshUser)
        try writer.append(server?.sshAuth.rawValue)
        try writer.append(server?.sshPassword.map { Bytes(keys.seal(Array($0.utf8), context: passwordContext)) })
        try writer.append(server?.status.rawValue)
        try writer.append(server?.provider)
        try writer.append(server?.ownerClientId)
        try writer.append(server?.health.rawValue)
        try writer.append(server?.lastSeenAt)
        try writer.append(server?.lastCheckAt)
        try writer.append(server?.hostKey)
        try writer.endRow()
    }
}

extension FaultList {
    /// Keeps the faults, so that people can download them.
    func store(in tx: borrowing Transaction) throws(Rejection) {
        guard !isEmpty else { return }
        let job = tx.job
        try tx.copy(
            """
            COPY import_error (job, number, line, "column", code, value, message) FROM STDIN (FORMAT binary)
            """
        ) { writer throws(PostgresError) in
            for (index, fault) in kept.enumerated() {
                try writer.append(job)
                try writer.append(Int32(index + 1))
                try writer.append(Int32(clamping: fault.line))
                try writer.append(fault.column)
                try writer.append(fault.code)
                try writer.append(fault.value)
                try writer.append(fault.message)
                try writer.endRow()
            }
        }
    }
}
