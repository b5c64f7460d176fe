/// Why the books could not be kept or read. What does not balance is no error: see ``Imbalance``.
package struct BooksError: Error, Sendable, CustomStringConvertible {
    /// A kind of failure. Extensible: compare with the constants, and keep a default branch.
    package struct Code: Hashable, Sendable, CustomStringConvertible {
        package let description: String

        /// A code of its own, for a caller that adds one.
        package init(_ description: String) { self.description = description }

        /// A file cannot be opened, written, read or forced to the disk.
        package static let file = Code("file")
        /// A line of a file is none that this module wrote.
        package static let malformed = Code("malformed")
        /// The broker refused, or did not hand out what it said it has.
        package static let broker = Code("broker")
        /// The database refused: what lies beneath says why.
        package static let database = Code("database")
    }

    package let code: Code
    /// A whole sentence for a person, without values.
    package let message: String
    /// The error beneath, where there is one.
    package let underlying: (any Error)?
    package let file: String
    package let line: Int

    init(
        _ code: Code, _ message: String, underlying: (any Error)? = nil, file: String = #fileID, line: Int = #line
    ) {
        self.code = code
        self.message = message
        self.underlying = underlying
        self.file = file
        self.line = line
    }

    package var description: String {
        "\(code): \(message)" + (underlying.map { ": \($0)" } ?? "")
    }
}
