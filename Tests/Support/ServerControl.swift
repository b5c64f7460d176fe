import Glibc

/// The broker and the database of this run, stopped and started: only where `scripts/test` owns them, and only in its
/// serial phase, because every test shares them.
package enum ServerControl {
    /// What `scripts/test` gave to control its servers with.
    package static let command = unsafe getenv("RUCHE_TEST_SERVERS").map { unsafe String(cString: $0) }

    /// Runs `restart database`, `kill broker` and the like, to its end.
    package static func run(_ words: String) throws {
        guard let command else { throw TestFailure("RUCHE_TEST_SERVERS is not set") }
        // A broker that is ended while it removes a virtual host has half of one when it comes back.
        Cleaner.wait()
        try shell("'\(command)' \(words)")
    }

    /// Runs a line of the shell to its end.
    ///
    /// Through `system`: Foundation's `Process` waits for everything that inherits its socket, and servers do.
    static func shell(_ line: String) throws {
        let status = unsafe system("\(line) >/dev/null 2>&1 </dev/null")
        guard status == 0 else { throw TestFailure("\(line) ended with \(status)") }
    }
}
