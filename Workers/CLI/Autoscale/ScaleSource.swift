import AMQP
import Contracts
import Depth
import Runtime

/// The figures that decisions rest on, read over connections that are opened when they are needed; and the locks, which
/// last as long as the session with the database.
final class ScaleSource {
    private let reach = Reach()
    private let services: [ScaledService]
    private let reader: DepthReader
    private let isLocking: Bool
    private var broker: AMQP.Connection?
    private var database: Postgres.Connection?
    private var lock = ScaleLock()
    /// Until when what was finished has been counted; `nil` when the next count begins anew.
    private var counted: Timestamp?

    /// - Parameter isLocking: whether decisions are acted upon, by one process at a time.
    init(_ services: [ScaledService], isLocking: Bool) throws {
        self.services = services
        self.isLocking = isLocking
        let commands = Set(services.flatMap(\.commands))
        reader = DepthReader(
            Catalogue.commands.map { $0.name }.filter(commands.contains), management: try reach.management())
    }

    /// Looks at every service. After an error the connections are opened anew, and the locks are taken again.
    func look() throws -> [ServiceFigures] {
        do {
            let broker = try self.broker ?? reach.broker()
            self.broker = broker
            let database = try self.database ?? reach.database()
            self.database = database
            // The lock first: figures that were read without it are of no use when it is there.
            let holders =
                isLocking ? try lock.take(services.map(\.name), database) : Array(repeating: nil, count: services.count)
            let depth = try reader.look(broker: broker, database: database)
            let finished = try FinishedCount(database, since: counted)
            defer { counted = finished.until }
            return zip(services, holders).map { service, holder in
                ServiceFigures(service, depth, finished, isFirst: counted == nil, holder: holder)
            }
        } catch {
            close()
            throw error
        }
    }

    /// Waits without being silent: the broker hangs up on who is.
    func rest(_ duration: Duration) {
        guard let broker else { return Nap.rest(duration) }
        do { _ = try broker.receive(within: duration) } catch { close() }
    }

    /// Closes the connections, and so gives the locks back.
    func close() {
        broker?.close()
        database?.close()
        (broker, database, counted) = (nil, nil, nil)
        lock = ScaleLock()
    }
}

/// What a look found of one service.
struct ServiceFigures {
    /// The figures but for the number of replicas, which only the actuator knows; or why there are none.
    let look: Result<ScaleLook, Missing>
    /// Who else has the lock; `nil` when this process has it, or needs none.
    let holder: String?

    /// Why there are no figures.
    struct Missing: Error {
        let reason: String
    }

    init(
        _ service: ScaledService, _ depth: ClusterDepth, _ finished: FinishedCount, isFirst: Bool, holder: String?
    ) {
        self.holder = holder
        let queues = depth.queues.filter { service.commands.contains($0.command) }
        if let missing = queues.first(where: { $0.ready == nil }) {
            look = .failure(Missing(reason: "the queue of \(missing.command) is missing: run ruche migrate"))
            return
        }
        let open = queues.filter { !$0.isPaused }
        let counted = open.allSatisfy { $0.unacked != nil }
        let done =
            isFirst
            ? open.map(\.finishedPerSecond).reduce(0, +) : open.map { finished.perSecond($0.command) }.reduce(0, +)
        look = .success(
            ScaleLook(
                // Whose slots are all taken consumes nothing, and is at work.
                replicas: 0, consuming: queues.map { ($0.consumers ?? 0) + $0.running }.max() ?? 0,
                backlog: open.map(\.backlog).reduce(0, +), waiting: open.compactMap(\.ready).reduce(0, +),
                inHand: counted ? open.map { ($0.unacked ?? 0) + $0.running }.reduce(0, +) : nil, finished: done,
                paused: Set(queues.filter(\.isPaused).map(\.command.rawValue)), isPaused: open.isEmpty))
    }
}
