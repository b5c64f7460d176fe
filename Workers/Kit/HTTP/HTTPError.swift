import Glibc

/// Why a server could not be started.
package struct HTTPError: Error, Sendable, CustomStringConvertible {
    /// A kind of failure. Extensible: compare with the constants, and keep a default branch.
    package struct Code: Hashable, Sendable, CustomStringConvertible {
        package let description: String

        /// A code of its own, for a caller that adds one.
        package init(_ description: String) { self.description = description }

        /// The address is not an IPv4 or IPv6 literal.
        package static let malformedAddress = Code("malformed-address")
        /// Another socket listens on this address and port.
        package static let addressInUse = Code("address-in-use")
        /// No interface of this machine has the address.
        package static let addressNotAvailable = Code("address-not-available")
        /// The port needs a privilege that this process lacks.
        package static let permissionDenied = Code("permission-denied")
        /// The socket or the server's thread could not be had.
        package static let cannotStart = Code("cannot-start")
    }

    package let code: Code
    /// A whole sentence for a person.
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

    /// The error of a system call, from its `errno`.
    init(errno number: Int32, _ doing: String, file: String = #fileID, line: Int = #line) {
        let code: Code =
            switch number {
            case EADDRINUSE: .addressInUse
            case EADDRNOTAVAIL: .addressNotAvailable
            case EACCES: .permissionDenied
            default: .cannotStart
            }
        let reason = unsafe strerror(number).map { unsafe String(cString: $0) } ?? "error \(number)"
        self.init(code, "\(doing): \(reason)", file: file, line: line)
    }

    package var description: String { "\(code): \(message)" }
}
