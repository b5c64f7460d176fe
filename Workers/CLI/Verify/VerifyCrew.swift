import Glibc
import Runtime

/// The workers of a run: as many as were asked for, whatever ends them.
final class VerifyCrew {
    private struct Member {
        var process: ChildProcess
        /// When a frozen one goes on.
        var thawsAt: Monotonic?
    }

    private let workplace: Workplace
    private var members: [Member] = []
    private var started = 0
    /// Those that ended by themselves, and how: no worker has a reason to.
    private(set) var desertions: [String] = []
    /// Workers that were ended by a fault: their end is no desertion.
    private var doomed: Set<Int32> = []
    /// Every file that a worker wrote to.
    private(set) var logs: [String] = []

    init(_ workplace: Workplace) { self.workplace = workplace }

    deinit { for member in members { member.process.send(SIGKILL) } }

    /// The process ids of those that run, in the order of their places.
    var ids: [Int32] { members.map(\.process.id) }

    /// Starts so many.
    func start(_ count: Int) throws(Failure) {
        for _ in 0..<count { members.append(Member(process: try worker())) }
    }

    /// Lets frozen ones go on whose time is over, and starts another in the place of each that has ended.
    func look() throws(Failure) {
        for place in members.indices {
            if let thawsAt = members[place].thawsAt, Monotonic.now >= thawsAt { thaw(place) }
            guard let ending = members[place].process.poll() else { continue }
            let id = members[place].process.id
            if doomed.remove(id) == nil { desertions.append("worker \(id): \(ending)") }
            // One that ends again and again would be started again and again.
            guard desertions.count < 20 else {
                throw Failure(.failure, "workers do not stay: \(desertions[0])", "see \(members[place].process.log)")
            }
            members[place] = Member(process: try worker())
        }
    }

    /// Sends one a signal that ends it.
    func end(_ place: Int, by signal: Int32) {
        doomed.insert(members[place].process.id)
        thaw(place)
        members[place].process.send(signal)
    }

    /// Stops one for a while.
    func freeze(_ place: Int, for duration: Duration) {
        members[place].process.send(SIGSTOP)
        members[place].thawsAt = .now + duration
    }

    /// Lets all go on.
    func thaw() { for place in members.indices { thaw(place) } }

    /// Asks all to stop, and waits; ends those that do not.
    ///
    /// - Parameter turn: what the caller does meanwhile, again and again.
    func stop(within limit: Duration, _ turn: () throws -> Void) rethrows {
        thaw()
        for member in members { member.process.send(SIGTERM) }
        let deadline = Monotonic.now + limit
        for member in members {
            while member.process.poll() == nil {
                if Monotonic.now >= deadline { member.process.send(SIGKILL) }
                usleep(20_000)
                try turn()
            }
            let isDoomed = doomed.remove(member.process.id) != nil
            if let ending = member.process.poll(), ending != .exited(0), !isDoomed {
                desertions.append("worker \(member.process.id), asked to stop: \(ending)")
            }
        }
        members = []
    }

    private func thaw(_ place: Int) {
        guard members[place].thawsAt != nil else { return }
        members[place].process.send(SIGCONT)
        members[place].thawsAt = nil
    }

    private func worker() throws(Failure) -> ChildProcess {
        started += 1
        let log = workplace.file("worker-\(started).log")
        logs.append(log)
        let changes = [
            "LOG_FORMAT": "json", "PORT": "0", "PORT_FILE": "", "HTTP_ADDRESS": "127.0.0.1", "PREFETCH": "40",
            "PREFETCH_FILE": "", "CONSUMER_RENEWAL": "", "SHUTDOWN_GRACE": "20s",
        ]
        return try ChildProcess(["ruche", VerifyWorker.verb], changes, log: log)
    }
}
