import Glibc

/// Why a secret could not be put into a file. The description never holds the secret, nor its path.
package struct SecretError: Error, Sendable, CustomStringConvertible {
    /// A kind of failure. Extensible: compare with the constants, and keep a default branch.
    package struct Code: Hashable, Sendable, CustomStringConvertible {
        package let description: String

        /// A code of its own, for a caller that adds one.
        package init(_ description: String) { self.description = description }

        /// The place is on a disk.
        package static let notInMemory = Code("not-in-memory")
        /// The system refused.
        package static let failed = Code("failed")
    }

    /// What kind of failure it is.
    package let code: Code
    /// What happened, for people.
    package let message: String
    package let file: String
    package let line: Int

    package init(_ code: Code, _ message: String, file: String = #fileID, line: Int = #line) {
        (self.code, self.message, self.file, self.line) = (code, message, file, line)
    }

    init(_ code: Code, _ message: String, _ errno: Int32, file: String = #fileID, line: Int = #line) {
        let reason = unsafe strerror(errno).map { unsafe String(cString: $0) } ?? "error \(errno)"
        self.init(code, "\(message): \(reason)", file: file, line: line)
    }

    package var description: String { "\(code): \(message)" }
}
