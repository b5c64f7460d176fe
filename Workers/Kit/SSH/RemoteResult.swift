/// What came of a command on another machine.
package struct RemoteResult: Sendable, Equatable {
    /// With which status it ended; 0 is success.
    package let status: Int32
    /// What it wrote, 4 MiB at most, by lines.
    package let output: [String]
    /// The last 50 lines of its errors.
    package let errors: [String]

    package init(status: Int32, output: [String], errors: [String] = []) {
        (self.status, self.output, self.errors) = (status, output, errors)
    }

    /// That it ended badly, as an error.
    package var error: SSHError {
        var error = SSHError(.exited, "the command ended with status \(status)")
        error.status = status
        error.tail = errors
        return error
    }
}
