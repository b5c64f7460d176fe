/// What can be wrong with a list, as it stands in ``RowError/code``.
enum FaultCode: String {
    /// The header has a name that no column has.
    case unknownColumn = "unknown-column"
    /// The header has a column twice.
    case duplicateColumn = "duplicate-column"
    /// The header lacks a column that is required.
    case missingColumn = "missing-column"
    /// There is no header, or no row below it.
    case emptyList = "empty-list"
    /// The list is not text in UTF-8 at all.
    case notUTF8 = "not-utf8"
    /// A quote is never closed, so that nothing after it could be read.
    case unterminatedQuote = "unterminated-quote"

    /// The row has more or fewer fields than the header.
    case fieldCount = "field-count"
    /// A quote inside a field that is not quoted, or text after a closing quote.
    case malformedQuotes = "malformed-quotes"
    /// A field or a row is longer than allowed.
    case tooLong = "too-long"
    /// A required cell is empty.
    case missingValue = "missing-value"
    /// The cell is not of the form its column asks for.
    case invalidValue = "invalid-value"
    /// The number is outside its limits.
    case outOfRange = "out-of-range"
    /// The cell is not UTF-8.
    case invalidUTF8 = "invalid-utf8"
    /// The cell has U+0000.
    case nulCharacter = "nul-character"
    /// The password is sealed for another key, or damaged.
    case cannotUnseal = "cannot-unseal"
    /// The same address and port stand in an earlier row.
    case duplicateServer = "duplicate-server"
    /// Somebody else has the server: nothing more is said of whose it is.
    case belongsToAnother = "belongs-to-another"
}
