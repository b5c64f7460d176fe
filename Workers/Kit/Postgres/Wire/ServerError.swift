import CPostgres

extension PostgresError {
    /// The error in a result of status PGRES_FATAL_ERROR or PGRES_BAD_RESPONSE.
    ///
    /// One without a SQLSTATE was made by libpq itself: the connection is lost or out of step.
    init(result: OpaquePointer, isOpen: Bool, at location: SourceLocation) {
        func field(_ code: Unicode.Scalar) -> String? {
            unsafe PQresultErrorField(result, Int32(code.value)).map { unsafe String(cString: $0) }
        }
        let state = field("C").flatMap { SQLState($0) }
        let severity = field("V") ?? field("S")
        let isLost = !isOpen || state == nil || severity == "FATAL" || severity == "PANIC"
        let fallback = unsafe PQresultErrorMessage(result).map { unsafe String(cString: $0).trimmed } ?? ""
        // The routine's name is the same in every language of the messages.
        let isStalePlan = state == .featureNotSupported && field("R") == "RevalidateCachedQuery"
        self.init(
            isLost ? .connection : .server, field("M") ?? fallback, sqlState: state, detail: field("D"),
            constraint: field("n"), at: location, isConnectionLost: isLost, isStalePlan: isStalePlan)
    }

    /// The same error, as the answer to a cancel that we asked for.
    var asCancelled: PostgresError {
        PostgresError(
            .cancelled, message, sqlState: sqlState, at: SourceLocation(file: file, line: line),
            isConnectionLost: isConnectionLost)
    }
}
