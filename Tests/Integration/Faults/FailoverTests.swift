import AMQP
import Contracts
import Postgres
import TestSupport
import Testing

/// After a failover the old server may still be there, as a standby: sessions work, and nothing can be written.
///
/// A session keeps what it was told when it began, so only one that is made anew sees that writing is possible again:
/// a process that keeps its session never works again.
@Suite(.servers) struct FailoverTests {
    @Test func aWorkerLeavesASessionThatCannotWrite() throws {
        try withCluster { cluster in
            try cluster.prepareProbe()
            try Self.prepare(cluster)
            let log = try EventLog(cluster)
            let worker = try cluster.start("ProbeWorker")
            try Self.becomeStandby(cluster)
            let load = try Load(cluster)
            try load.publish(Cluster.probe, id: "first", body: Cluster.probe("succeed"))
            // The solo lane has a statement of its own before the transaction.
            try load.publish(Cluster.probe, id: "again", body: Cluster.probe("succeed")) {
                $0.headers = ["x-delivery-count": 1]
            }
            try load.settle()
            try worker.waitForLine(containing: "not a primary")
            #expect(try cluster.effects().rows == 0)
            try Self.becomePrimary(cluster)

            try log.receive { $0.outcomes.count == 2 }
            #expect(log.summary == [.succeeded: 2])
            #expect(log.outcomes.values.allSatisfy { $0.attempt == 1 }, "a standby is no attempt")
            #expect(try cluster.effects().rows == 2)
            #expect(try HostileMessageTests.soloStarts(cluster) <= 1)
        }
    }

    @Test func theRelayLeavesASessionThatCannotWrite() throws {
        try withCluster { cluster in
            try cluster.prepareProbe()
            try Self.prepare(cluster)
            let relay = try cluster.start("relay")
            try Self.becomeStandby(cluster)
            try cluster.schedule(numbers: 0..<1)
            try relay.waitForLine(containing: "25006")
            try Self.becomePrimary(cluster)
            try eventually("it is moved") { try cluster.number("SELECT count(*) FROM schedule") == 0 }
            #expect(relay.terminate() == 0)
        }
    }

    /// Makes sessions that begin on a standby refuse to change what workers and relay change.
    ///
    /// A standby itself would need a second server; what matters here is that the session stays what it is.
    static func prepare(_ cluster: Cluster) throws {
        let database = try cluster.database()
        defer { database.close() }
        try database.script(
            """
            CREATE FUNCTION refuse_on_standby() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                IF current_setting('test.standby', true) = 'on' THEN
                    RAISE EXCEPTION 'this is not a primary' USING ERRCODE = 'read_only_sql_transaction';
                END IF;
                RETURN NULL;
            END $$;
            CREATE TRIGGER refuse BEFORE INSERT OR UPDATE OR DELETE ON job_key
                FOR EACH STATEMENT EXECUTE FUNCTION refuse_on_standby();
            CREATE TRIGGER refuse BEFORE DELETE ON schedule
                FOR EACH STATEMENT EXECUTE FUNCTION refuse_on_standby();
            """)
    }

    /// Every session ends, and new ones cannot write.
    static func becomeStandby(_ cluster: Cluster) throws {
        let server = try Postgres.Connection.open(ConnectionSettings(cluster.servers.databaseURL))
        defer { server.close() }
        try server.script("ALTER DATABASE \(cluster.name) SET test.standby = on")
        _ = try server.query(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = \(cluster.name)")
    }

    /// New sessions can write; those that are there cannot.
    static func becomePrimary(_ cluster: Cluster) throws {
        let server = try Postgres.Connection.open(ConnectionSettings(cluster.servers.databaseURL))
        defer { server.close() }
        try server.script("ALTER DATABASE \(cluster.name) RESET test.standby")
    }
}
