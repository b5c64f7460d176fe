import Processes

/// Why a command on another machine did not run to its end, or ended badly.
///
/// The description names the fault, and never words, input or output: any of them may hold a secret.
package struct SSHError: Error, Sendable, CustomStringConvertible {
    /// A kind of failure. Extensible: compare with the constants, and keep a default branch.
    package struct Code: Hashable, Sendable, CustomStringConvertible {
        package let description: String

        /// A code of its own, for a caller that adds one.
        package init(_ description: String) { self.description = description }

        /// Nobody answers at the address and port.
        package static let unreachable = Code("unreachable")
        /// The machine does not take the key.
        package static let keyRefused = Code("key-refused")
        /// The machine shows another host key than the one that is known of it.
        package static let hostKeyChanged = Code("host-key-changed")
        /// The connection broke in the middle. What was asked may have been done.
        package static let lost = Code("lost")
        /// Nobody listens at the port of the machine that bytes were for.
        package static let closed = Code("closed")
        /// It took longer than it may. What was asked may have been done.
        package static let timedOut = Code("timed-out")
        /// The caller wanted it no longer. What was asked may have been done.
        package static let cancelled = Code("cancelled")
        /// The command ended with another status than 0.
        package static let exited = Code("exited")
        /// A word, an address, a user or a key that cannot be used.
        package static let malformed = Code("malformed")
        /// Nothing could be started here.
        package static let failed = Code("failed")
    }

    /// What kind of failure it is.
    package let code: Code
    /// What happened, for people, without values.
    package let message: String
    /// With which status the command ended, if it did.
    package var status: Int32?
    /// The last lines that were written to the standard error. They are not part of the description.
    package var tail: [String] = []
    package let file: String
    package let line: Int

    package init(_ code: Code, _ message: String, file: String = #fileID, line: Int = #line) {
        self.code = code
        self.message = message
        self.file = file
        self.line = line
    }

    package var description: String { "\(code): \(message)" }

    /// Whether the machine may be there, and the same command work, a while later.
    package var isTransient: Bool { [.unreachable, .lost, .timedOut].contains(code) }
}

extension SSHError {
    /// What kept ssh itself from running.
    init(_ error: ProcessError) {
        let code: Code =
            switch error.code {
            case .timedOut: .timedOut
            case .cancelled: .cancelled
            case .leaseLost, .leaseEnded, .guardLost: .lost
            default: .failed
            }
        self.init(code, "ssh: \(error)")
    }

    /// What ssh means by what it says when it ends with 255.
    ///
    /// - Parameter lines: its standard error.
    static func reading(_ lines: [String]) -> SSHError {
        for (marks, code, message) in meanings
        where lines.contains(where: { line in marks.contains { line.contains($0) } }) {
            var error = SSHError(code, message)
            error.tail = lines
            return error
        }
        var error = SSHError(.lost, "the connection ended")
        error.tail = lines
        return error
    }

    /// The first that fits counts. In the words of OpenSSH.
    private static let meanings: [(marks: [String], code: Code, message: String)] = [
        (
            ["Host key verification failed", "REMOTE HOST IDENTIFICATION HAS CHANGED", "host key is known for"],
            .hostKeyChanged, "the machine shows another host key than the one that is known of it"
        ),
        (
            ["open failed: connect failed", "stdio forwarding failed", "Stdio forwarding request failed"], .closed,
            "nobody listens at that port of the machine"
        ),
        (["Permission denied (", "Too many authentication failures"], .keyRefused, "the machine refuses the key"),
        (
            ["not responding", "closed by remote host", "Broken pipe", "mux_client_", "client_loop:"], .lost,
            "the connection broke in the middle"
        ),
        (
            [
                "Connection refused", "Connection timed out", "No route to host", "Network is unreachable",
                "Could not resolve hostname", "kex_exchange_identification", "Connection reset by",
                "Connection closed by", "banner exchange",
            ], .unreachable, "the machine cannot be reached"
        ),
    ]
}
