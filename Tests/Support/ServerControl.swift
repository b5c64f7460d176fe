import Glibc

/// The broker and the database of this run, stopped and started: only where `scripts/test` owns them, and only in its
/// serial phase, because every test shares them.
package enum ServerControl {
    /// What `scripts/test` gave to control its servers with.
    package static let command = unsafe getenv("RUCHE_TEST_SERVERS").map { unsafe String(cString: $0) }

    /// Runs `restart database`, `kill broker` and the like, to its end.
    ///
    /// Through `system`: Foundation's `Process` waits for everything that inherits its socket, and servers do.
    package static func run(_ words: String) throws {
        guard let command else { throw TestFailure("RUCHE_TEST_SERVERS is not set") }
        let status = unsafe system("'\(command)' \(words) >/dev/null 2>&1 </dev/null")
        guard status == 0 else { throw TestFailure("servers \(words) ended with \(status)") }
    }
}
