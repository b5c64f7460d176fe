import CPostgres

/// The result of one statement: rows in binary, read in place, freed with the last reference.
///
/// A cell costs a bounds check and the decoding; nothing is decoded that is not asked for. Belongs to the thread of its
/// connection, and outlives it.
@safe package final class Rows {
    /// How many rows there are.
    package let count: Int

    /// How many rows the statement inserted, updated, deleted or selected; 0 for a statement that does none of these.
    package let affected: Int

    private let result: OpaquePointer
    private let columns: Int

    /// Takes the result over.
    init(taking result: OpaquePointer) {
        unsafe self.result = result
        count = Int(unsafe PQntuples(result))
        columns = Int(unsafe PQnfields(result))
        affected = unsafe PQcmdTuples(result).flatMap { unsafe Int(String(cString: $0)) } ?? 0
    }

    deinit { unsafe PQclear(result) }

    /// Whether there are no rows.
    package var isEmpty: Bool { count == 0 }

    /// The names of the columns, as the statement gave them.
    package var columnNames: [String] { (0..<columns).map(name) }

    /// The types of the columns.
    package var columnTypes: [TypeID] { (0..<columns).map(type) }

    /// Reads a cell; both indices count from 0. NULL is an error unless `T` is optional.
    ///
    /// Throws ``PostgresError/Code/decoding``, naming the column, when the type does not fit or the cell is NULL, and
    /// ``PostgresError/Code/misuse`` when there is no such row or column.
    package func get<T: PostgresDecodable>(
        _ row: Int, _ column: Int, as _: T.Type = T.self, file: StaticString = #fileID, line: UInt = #line
    ) throws(PostgresError) -> T {
        let location = SourceLocation(file: file, line: line)
        guard row >= 0, row < count, column >= 0, column < columns else {
            throw PostgresError(
                .misuse, "no row \(row), column \(column) in \(count) rows of \(columns) columns", at: location)
        }
        guard unsafe PQgetisnull(result, Int32(row), Int32(column)) == 0 else {
            guard let null = T.null else { throw failure(column, "is NULL", at: location) }
            return null
        }
        do throws(PostgresError) {
            return unsafe try T(binary: bytes(row, column).bytes, type: type(column))
        } catch {
            throw failure(column, error.message, at: location)
        }
    }

    /// Whether the cell is NULL. Stops the process when there is no such row or column.
    package func isNull(_ row: Int, _ column: Int) -> Bool {
        precondition(row >= 0 && row < count && column >= 0 && column < columns, "no such row or column")
        return unsafe PQgetisnull(result, Int32(row), Int32(column)) != 0
    }

    /// The cell as a person reads it, whatever its type; nil when it is NULL. For types without a text of their own
    /// here, the bytes in hexadecimal: cast to `text` in the statement where it matters.
    package func text(_ row: Int, _ column: Int) -> String? {
        guard !isNull(row, column) else { return nil }
        return unsafe displayText(bytes(row, column).bytes, type: type(column))
    }

    private func name(_ column: Int) -> String {
        unsafe PQfname(result, Int32(column)).map { unsafe String(cString: $0) } ?? ""
    }

    private func type(_ column: Int) -> TypeID { TypeID(rawValue: unsafe PQftype(result, Int32(column))) }

    /// The bytes of a cell that exists. They live as long as this object.
    private func bytes(_ row: Int, _ column: Int) -> UnsafeRawBufferPointer {
        let start = unsafe PQgetvalue(result, Int32(row), Int32(column))
        let count = unsafe PQgetlength(result, Int32(row), Int32(column))
        return unsafe UnsafeRawBufferPointer(start: start, count: Int(count))
    }

    private func failure(_ column: Int, _ reason: String, at location: SourceLocation) -> PostgresError {
        PostgresError(.decoding, "column \(column) \"\(name(column))\": \(reason)", at: location)
    }
}
