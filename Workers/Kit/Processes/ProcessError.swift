import Glibc

/// Why a program did not run to its end. A program that ends with another status than 0 is no error.
///
/// The description names the fault and never arguments, environment or output: any of them may hold a secret.
package struct ProcessError: Error, Sendable, CustomStringConvertible {
    /// A kind of failure. Extensible: compare with the constants, and keep a default branch.
    package struct Code: Hashable, Sendable, CustomStringConvertible {
        package let description: String

        /// A code of its own, for a caller that adds one.
        package init(_ description: String) { self.description = description }

        /// There is no such program, or what its first line names to run it is not there.
        package static let notFound = Code("not-found")
        /// There is such a file, and it cannot be run: its mode, its format.
        package static let notExecutable = Code("not-executable")
        /// The working directory or the file for the standard input cannot be used.
        package static let noSuchPlace = Code("no-such-place")
        /// An argument or a variable that no program can be given, or more of them than the system takes.
        package static let malformed = Code("malformed")
        /// It ran longer than it was allowed to, and was ended.
        package static let timedOut = Code("timed-out")
        /// The caller wanted it no longer, and it was ended.
        package static let cancelled = Code("cancelled")
        /// The lease was not renewed in time, and everything under it was killed.
        package static let leaseLost = Code("lease-lost")
        /// The lease was ended while the program ran, or before it began.
        package static let leaseEnded = Code("lease-ended")
        /// The guard died or fell silent; what ran under it was killed.
        package static let guardLost = Code("guard-lost")
        /// The system refused: no descriptors, no memory, no processes.
        package static let failed = Code("failed")
    }

    /// What kind of failure it is.
    package let code: Code
    /// What happened, for people, without values.
    package let message: String
    /// The last lines that the program wrote, where there are any. They are not part of the description.
    package var tail: [OutputLine] = []
    package let file: String
    package let line: Int

    package init(_ code: Code, _ message: String, file: String = #fileID, line: Int = #line) {
        self.code = code
        self.message = message
        self.file = file
        self.line = line
    }

    init(_ code: Code, _ message: String, errno: Int32, file: String = #fileID, line: Int = #line) {
        let reason = unsafe strerror(errno).map { unsafe String(cString: $0) } ?? "error \(errno)"
        self.init(code, "\(message): \(reason)", file: file, line: line)
    }

    package var description: String { "\(code): \(message)" }
}
