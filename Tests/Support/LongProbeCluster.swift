import AMQP
package import Books
package import Contracts
import Postgres
import Runtime

/// The tests' own long command: what it needs, and how it is started, told and watched.
extension Cluster {
    /// The command.
    package static let longProbe: CommandName = "long-probe"

    /// Declares its queue and the tables that its worker writes to.
    package func prepareLongProbe() throws {
        let broker = try broker("prepare")
        defer { broker.close() }
        for declaration in Topology.declarations(for: [Self.longProbe]) { try broker.declare(declaration) }
        let database = try database()
        defer { database.close() }
        try database.script(
            """
            CREATE TABLE long_probe_effect (job uuid NOT NULL, at timestamptz NOT NULL DEFAULT now());
            CREATE TABLE probe_step (job uuid NOT NULL, step bigint NOT NULL, fence bigint NOT NULL,
                number bigint GENERATED ALWAYS AS IDENTITY);
            CREATE TABLE probe_gate (id text NOT NULL, step bigint NOT NULL, PRIMARY KEY (id, step));
            """)
    }

    /// A payload for it.
    package static func longProbe(
        _ act: String = "succeed", steps: Int = 3, gate: Int = 1000, targets: [String] = []
    ) -> [UInt8] {
        let list = targets.map { "\"\($0)\"" }.joined(separator: ",")
        return Array(#"{"act":"\#(act)","steps":\#(steps),"gate":\#(gate),"targets":[\#(list)]}"#.utf8)
    }

    /// Starts its worker with a lease of two seconds, unless `changes` say otherwise.
    @discardableResult
    package func startLongProbe(_ changes: [String: String] = [:]) throws -> RunningProcess {
        try start("ProbeWorker", ["PROBE_LONG": "1", "RUN_LEASE": "2s"].merging(changes) { $1 })
    }

    /// How many of them have had their closing effect, each time counted.
    package func longEffects() throws -> Int { try number("SELECT count(*) FROM long_probe_effect") }

    /// Lets it through a step, and through those that follow.
    package func open(_ id: String, from step: Int = 0) throws {
        let database = try database()
        defer { database.close() }
        try database.execute(
            """
            INSERT INTO probe_gate (id, step) SELECT \(id), i FROM generate_series(\(Int64(step)), 1000) AS i
            ON CONFLICT DO NOTHING
            """)
    }

    /// Returns when it has kept that `steps` are done, and somebody holds it.
    package func wait(for id: String, steps: Int) throws {
        try eventually("\(id) has done \(steps) steps") {
            try number(
                """
                SELECT count(*) FROM run WHERE message_id = \(id) AND state = 'r'
                    AND coalesce((checkpoint->>'step')::int, 0) = \(Int32(steps))
                """) == 1
        }
    }

    /// The steps that were done, in their order, with the fence of who did each.
    package func steps(_ id: String) throws -> [(step: Int, fence: Int)] {
        let key = UniqueID.ledgerKey(Self.longProbe.rawValue, Topology.defaultTenant, id)
        let database = try database()
        defer { database.close() }
        let rows = try database.query("SELECT step, fence FROM probe_step WHERE job = \(key) ORDER BY number")
        return try (0..<rows.count).map { (try rows.get($0, 0), try rows.get($0, 1)) }
    }

    /// Whether nothing of any run is left: no row, no lock, no wake-up.
    package func hasNoRuns() throws -> Bool {
        try number(
            """
            SELECT (SELECT count(*) FROM run) + (SELECT count(*) FROM run_target) + (SELECT count(*) FROM schedule)
                + (SELECT count(*) FROM job_key WHERE state = 'l')
            """) == 0
    }
}

extension EffectSource {
    /// The closing effects of the tests' own long command.
    package static let longProbe = EffectSource(
        Cluster.longProbe, "SELECT job, count(*) FROM long_probe_effect GROUP BY job")
}
