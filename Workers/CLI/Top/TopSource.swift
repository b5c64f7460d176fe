import AMQP
import Depth
import Glibc
import Runtime

/// Looks at the cluster again and again, over connections that are opened when they are needed.
final class TopSource {
    private let reach = Reach()
    private let reader: DepthReader
    private let database: DatabaseLink
    private var broker: AMQP.Connection?

    init() throws {
        let reach = reach
        reader = DepthReader(management: try reach.management())
        database = DatabaseLink { try reach.database() }
    }

    /// The cluster now. After an error the connections are opened anew.
    func snapshot() throws -> TopSnapshot {
        let broker = try self.broker ?? reach.broker()
        self.broker = broker
        do {
            return try database.use { database in
                let cluster = try reader.look(broker: broker, database: database)
                if let error = cluster.managementError { throw error }
                return TopSnapshot(cluster)
            }
        } catch {
            closeBroker()
            throw error
        }
    }

    /// Waits without being silent: the broker hangs up on who is. Throws when it has.
    func rest(_ duration: Duration) throws {
        guard let broker else {
            usleep(UInt32(clamping: duration.components.attoseconds / 1_000_000_000_000))
            return
        }
        do { _ = try broker.receive(within: duration) } catch {
            closeBroker()
            throw error
        }
    }

    /// Closes both connections.
    func close() {
        closeBroker()
        database.close()
    }

    private func closeBroker() {
        broker?.close()
        broker = nil
    }
}
