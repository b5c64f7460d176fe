/// What went wrong while sealing, opening, or reading a key.
///
/// The description names the fault and never the bytes: no plaintext, no key and no ciphertext reaches a log through
/// it.
package struct SealingError: Error, Sendable, CustomStringConvertible {
    /// A kind of failure. Extensible: compare with the constants, and keep a default branch.
    package struct Code: Hashable, Sendable, CustomStringConvertible {
        package let description: String

        /// A code of its own, for a caller that adds one.
        package init(_ description: String) { self.description = description }

        /// A key file or a key's text form does not follow the documented format.
        package static let malformedKey = Code("malformed-key")
        /// The key file cannot be opened or read.
        package static let unreadableKeyFile = Code("unreadable-key-file")
        /// The sealed value was not written by this module, or was cut short.
        package static let malformedSealed = Code("malformed-sealed")
        /// The value was sealed for a key that the ring does not hold (any more).
        package static let unknownKey = Code("unknown-key")
        /// Authentication failed: altered bytes, another context, or another key under the same id.
        package static let notAuthentic = Code("not-authentic")
        /// The value opened, but it is not UTF-8 text.
        package static let notText = Code("not-text")
    }

    package let code: Code
    /// A whole sentence for a person, without values.
    package let message: String
    /// The error beneath, where there is one.
    package let underlying: (any Error)?
    package let file: String
    package let line: Int

    package init(
        _ code: Code, _ message: String, underlying: (any Error)? = nil, file: String = #fileID, line: Int = #line
    ) {
        self.code = code
        self.message = message
        self.underlying = underlying
        self.file = file
        self.line = line
    }

    package var description: String { "\(code): \(message)" }
}
