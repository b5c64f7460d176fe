/// Writes the rows of a COPY in binary, with constant memory: a piece of 64 KiB at a time.
///
/// Fields are appended in the order of the statement's columns, and each must have exactly the column's type: COPY
/// does not convert (an `Int` is `bigint`, not `integer`).
package struct CopyWriter: ~Copyable {
    private static let chunk = 65_536

    private let connection: Connection
    private let columns: Int
    private let location: SourceLocation
    private var buffer: [UInt8] = []
    private var fields = 0

    init(connection: Connection, columns: Int, at location: SourceLocation) {
        self.connection = connection
        self.columns = columns
        self.location = location
        buffer.reserveCapacity(Self.chunk + 8192)
        // Signature, flags, length of the header's extension: "Binary Format" in the manual's COPY.
        buffer.append(contentsOf: Array("PGCOPY\n".utf8) + [0xFF, 0x0D, 0x0A, 0x00])
        buffer.append(bigEndian: Int64(0))
    }

    /// Appends the next field of the row. Throws ``PostgresError/Code/misuse`` when the row is full.
    package mutating func append<T: PostgresEncodable>(_ value: T) throws(PostgresError) {
        guard fields < columns else {
            throw PostgresError(.misuse, "more fields than the \(columns) columns of the COPY", at: location)
        }
        if fields == 0 { buffer.append(bigEndian: Int16(columns)) }
        fields += 1
        buffer.append(field: value)
    }

    /// Ends the row, and sends what has gathered once that is 64 KiB. Throws ``PostgresError/Code/misuse`` when a field
    /// is missing, and when the connection is lost. A row the server refuses is reported at the end of the COPY.
    package mutating func endRow() throws(PostgresError) {
        guard fields == columns else {
            throw PostgresError(.misuse, "\(fields) fields for the \(columns) columns of the COPY", at: location)
        }
        fields = 0
        if buffer.count >= Self.chunk { try flush() }
    }

    mutating func finish() throws(PostgresError) {
        guard fields == 0 else { throw PostgresError(.misuse, "the last row of the COPY has not ended", at: location) }
        buffer.append(bigEndian: Int16(-1))
        try flush()
    }

    private mutating func flush() throws(PostgresError) {
        if let reason = connection.link.sendCopy(buffer) { connection.lose(reason, at: location) }
        if let breakage = connection.breakage { throw breakage }
        buffer.removeAll(keepingCapacity: true)
    }
}
