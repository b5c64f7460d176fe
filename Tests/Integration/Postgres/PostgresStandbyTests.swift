import Postgres
import TestSupport
import Testing

/// A database that waits for a standby before it answers a commit.
@Suite(.servers) struct PostgresStandbyTests {
    /// The server answers COMMIT with success all the same when somebody cancels the wait; our own watchdog does that.
    /// What rests on it would be lost with the server.
    @Test(arguments: [true, false])
    func aCommitWhoseWaitForAStandbyIsCancelledIsUnknown(_ isTransaction: Bool) throws {
        try withLonelyPrimary { settings in
            let (victim, watcher) = (try Connection.open(settings), try Connection.open(settings))
            defer { watcher.close() }
            let (pid, canceller) = (victim.backendPID, victim.canceller)
            let thread = Background {
                let connection = try Connection.open(settings)
                defer { connection.close() }
                try connection.wait(
                    until:
                        "SELECT count(*) > 0 FROM pg_stat_activity WHERE pid = \(pid) AND wait_event = 'SyncRep'")
                canceller.cancel()
            }
            var error: PostgresError?
            if isTransaction {
                let tx = victim.begin()
                _ = tx.send("INSERT INTO t VALUES (1)")
                error = failure(committing: tx)
            } else {
                do throws(PostgresError) { try victim.execute("INSERT INTO t VALUES (1)") } catch let found {
                    error = found
                }
            }
            try thread.join()
            #expect(error?.isConnectionLost == true && error?.isOutcomeUnknown == true && error?.isTransient == true)
            #expect(!victim.isUsable)
            #expect(try watcher.query("SELECT count(*) FROM t").get(0, 0) == 1, "it stands on this server")
        }
    }

    /// A table `t` on a server whose synchronous standby does not exist.
    private func withLonelyPrimary(_ body: (ConnectionSettings) throws -> Void) throws {
        let server = try PrivateDatabase()
        defer { server.remove() }
        try TestServers.administer(server.url, "CREATE TABLE t (a int)")
        try TestServers.administer(server.url, "ALTER SYSTEM SET synchronous_standby_names = 'nobody'")
        try server.run("restart")
        try body(ConnectionSettings(server.url))
    }
}
