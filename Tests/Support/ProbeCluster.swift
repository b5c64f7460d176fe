import AMQP
package import Books
package import Contracts
import Postgres
import Runtime

extension Cluster {
    /// Declares the queue of the tests' own command and the table that counts its effects.
    package func prepareProbe() throws {
        let broker = try broker("prepare")
        defer { broker.close() }
        for declaration in Topology.declarations(for: [Self.probe]) { try broker.declare(declaration) }
        let database = try database()
        defer { database.close() }
        try database.script("CREATE TABLE probe_effect (job uuid NOT NULL, at timestamptz NOT NULL DEFAULT now())")
    }

    /// The tests' own command.
    package static let probe: CommandName = "probe"

    /// A payload for it.
    package static func probe(_ act: String, lane: String = "", milliseconds: Int = 0) -> [UInt8] {
        Array(#"{"act":"\#(act)","lane":"\#(lane)","milliseconds":\#(milliseconds)}"#.utf8)
    }

    /// How many effects there are, and of how many jobs.
    package func effects() throws -> (rows: Int, jobs: Int) {
        let database = try database()
        defer { database.close() }
        let rows = try database.query("SELECT count(*), count(DISTINCT job) FROM probe_effect")
        return (try rows.get(0, 0), try rows.get(0, 1))
    }

    /// Returns when a probe worker is in a handler: its transaction is open and waits for it.
    package func waitForTransaction() throws {
        try eventually("the handler runs") {
            try number(
                """
                SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
                    AND application_name LIKE 'probe@%' AND state = 'idle in transaction'
                """) > 0
        }
    }
}

extension EffectSource {
    /// The effects of the tests' own command.
    package static let probe = EffectSource(Cluster.probe, "SELECT job, count(*) FROM probe_effect GROUP BY job")
}
