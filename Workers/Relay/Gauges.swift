import AMQP
import Contracts
import Depth
import Runtime

/// Looks every five seconds at how much waits, and for how long. What it could not look at is not shown: a gauge that
/// stands still would say that all is as it was.
final class Gauges: Duty {
    private let meter: RelayMeter
    private let reader: DepthReader
    private let uri: AMQPURI
    private let name: String
    private let log: Logger
    private var broker: AMQP.Connection?
    /// Whether the last look saw the queues, and whether it could ask the management API: each is said once.
    private var (isSeeing, isAsking) = (true, true)

    private static let period = Duration.seconds(5)

    /// - Parameter name: of its connection to the broker.
    init(meter: RelayMeter, management: Management?, uri: AMQPURI, name: String, log: Logger) {
        self.meter = meter
        reader = DepthReader(management: management)
        self.uri = uri
        self.name = name
        self.log = log
    }

    func pass(_ connection: Postgres.Connection) throws(PostgresError) -> Duration {
        let cluster = try look(connection)
        meter.show(cluster)
        let rest = DepthReader.rest(after: cluster.took, wish: Self.period)
        // The broker hangs up on who is silent for two heartbeats.
        if rest > Self.period * 2 { leave() }
        return rest
    }

    func endure(_ duration: Duration) { meter.forget() }

    func finish() { leave() }

    private func leave() {
        broker?.close()
        broker = nil
    }

    /// Looks at both, or at the database alone while the broker is away.
    private func look(_ database: Postgres.Connection) throws(PostgresError) -> ClusterDepth {
        // The broker may have hung up since the last look: that is no reason not to see it now.
        for isKept in broker == nil ? [false] : [true, false] {
            do throws(DepthError) {
                let cluster = try reader.look(broker: try reach(), database: database)
                isSeeing = true
                note(cluster.managementError)
                return cluster
            } catch {
                if let error = error.underlying as? PostgresError { throw error }
                leave()
                if isKept { continue }
                if isSeeing { log.warning("the queues cannot be looked at", [(.error, .string("\(error)"))]) }
                isSeeing = false
            }
        }
        return try reader.look(database: database)
    }

    private func reach() throws(DepthError) -> AMQP.Connection {
        if let broker { return broker }
        do throws(AMQPError) {
            let opened = try AMQP.Connection.open(uri, name: name)
            broker = opened
            return opened
        } catch {
            throw DepthError(error)
        }
    }

    private func note(_ error: DepthError?) {
        if let error, isAsking {
            log.warning("the management API does not say what workers hold", [(.error, .string("\(error)"))])
        }
        isAsking = error == nil
    }
}
