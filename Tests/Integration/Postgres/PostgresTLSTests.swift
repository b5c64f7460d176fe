import Postgres
import TestSupport
import Testing

@Suite("A database connection over TLS", .database, .tls)
struct PostgresTLSTests {
    private func open(_ url: String) throws -> Connection {
        try Connection.open(ConnectionSettings(url, applicationName: "ruche-tests"))
    }

    @Test("is encrypted when authority and name are verified")
    func verified() throws {
        let connection = try open(try TestTLS.require().databaseURL())
        defer { connection.close() }
        #expect(connection.isEncrypted)
        let row = try connection.query("SELECT ssl, version FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
        #expect(try row.get(0, 0, as: Bool.self))
        #expect(try row.get(0, 1, as: String.self) == "TLSv1.3")
        let plain = try open(try TestServers.requireDatabaseURL() + "?sslmode=disable")
        defer { plain.close() }
        #expect(!plain.isEncrypted)
    }

    @Test("carries pipelines, large values, notifications and cancels")
    func traffic() throws {
        let settings = try ConnectionSettings(try TestTLS.require().databaseURL(), applicationName: "ruche-tests")
        let (connection, other) = (try Connection.open(settings), try Connection.open(settings))
        defer {
            connection.close()
            other.close()
        }
        let bytes = Bytes((0..<5_000_001).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) })
        #expect(try connection.query("SELECT \(bytes)").get(0, 0, as: Bytes.self) == bytes)
        let tx = connection.begin()
        let tickets = (0..<2000).map { number in
            tx.send("SELECT \(number), repeat('x', 1000)")
        }
        for (number, ticket) in tickets.enumerated() { #expect(try tx.receive(ticket).get(0, 0) == number) }
        _ = try tx.commit()

        try connection.listen("tls")
        try other.execute("SELECT pg_notify('tls', 'hello')")
        #expect(try connection.notifications(waitingUpTo: .seconds(30)).map(\.payload) == ["hello"])

        let (pid, canceller) = (connection.backendPID, connection.canceller)
        let thread = Background {
            let watcher = try Connection.open(settings)
            try watcher.wait(
                until: "SELECT wait_event = 'PgSleep' FROM pg_stat_activity WHERE pid = \(pid) UNION ALL SELECT false")
            #expect(canceller.cancel())
        }
        let error = #expect(throws: PostgresError.self) { try connection.query("SELECT pg_sleep(60)") }
        try thread.join()
        #expect(error?.code == .cancelled)
        #expect(connection.isUsable)
        try other.terminate(connection.backendPID)
        #expect(!connection.isUsable)
    }

    @Test(
        "is refused, and says why and no secret",
        arguments: [
            (host: "localhost", authority: "stranger", says: "certificate verify failed"),
            (host: "127.0.0.1", authority: "ca", says: "does not match host name \"127.0.0.1\""),
            (host: "localhost", authority: "nowhere", says: "nowhere.pem"),
        ])
    func refused(_ wrong: (host: String, authority: String, says: String)) throws {
        let url = try TestTLS.require().databaseURL(
            host: wrong.host, user: "ruche:s3cret-word", authority: wrong.authority)
        let error = try #require(throws: PostgresError.self) { try open(url) }
        #expect(error.code == .connection && error.isConnectionLost)
        #expect("\(error)".contains(wrong.says), "\(error)")
        #expect(!"\(error)".contains("s3cret") && !error.message.contains("s3cret"))
        #expect(!"\(try ConnectionSettings(url))".contains("s3cret"))
    }

    @Test("logs a role in by its certificate, and by nothing else")
    func certificate() throws {
        let tls = try TestTLS.require()
        let connection = try open(try tls.databaseURL(user: "client", client: "client"))
        defer { connection.close() }
        let row = try connection.query(
            "SELECT current_user::text, client_dn FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
        #expect(try row.get(0, 0, as: String.self) == "client")
        #expect(try row.get(0, 1, as: String.self) == "/CN=client")
        let error = try #require(throws: PostgresError.self) { try open(try tls.databaseURL(user: "client")) }
        #expect("\(error)".contains("valid client certificate"), "\(error)")
        #expect(throws: PostgresError.self) { try open(try tls.databaseURL(user: "client", client: "stranger")) }
    }
}
