/// Why something cannot be given to ansible, or be asked of it.
///
/// The description names the fault and never a value: any of them may be a secret.
package struct AnsibleError: Error, Sendable, CustomStringConvertible {
    /// A kind of failure. Extensible: compare with the constants, and keep a default branch.
    package struct Code: Hashable, Sendable, CustomStringConvertible {
        package let description: String

        /// A code of its own, for a caller that adds one.
        package init(_ description: String) { self.description = description }

        /// No address and no name of DNS, or one that means something else to ansible.
        package static let badHost = Code("bad-host")
        /// Two hosts with one name.
        package static let twice = Code("twice")
        /// A port that there is not.
        package static let badPort = Code("bad-port")
        /// A user that no server has: empty, with quotes or control characters.
        package static let badUser = Code("bad-user")
        /// A variable that cannot be called so, or one that says how hosts are connected to.
        package static let badVariable = Code("bad-variable")
        /// A path with characters that ssh or ansible would read as something else.
        package static let badPath = Code("bad-path")
        /// A kind of key with characters that ssh would read as something else.
        package static let badKeyType = Code("bad-key-type")
        /// A text with U+0000, which no program can be given.
        package static let nulCharacter = Code("nul-character")
        /// The list of tasks could not be had.
        package static let noTasks = Code("no-tasks")
    }

    /// What kind of failure it is.
    package let code: Code
    /// What happened, for people, without values.
    package let message: String
    package let file: String
    package let line: Int

    package init(_ code: Code, _ message: String, file: String = #fileID, line: Int = #line) {
        (self.code, self.message, self.file, self.line) = (code, message, file, line)
    }

    package var description: String { "\(code): \(message)" }
}
