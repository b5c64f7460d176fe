import Ansible
import Contracts
import Processes
import Runtime

/// Makes bare servers ones that serve shops, by a recipe.
///
/// **Guarantee.** Two runs never work on one server at a time. What came of each server is in the transaction of the
/// outcome, and the run's log is whole by then. A server on which the recipe has come to its end is `CONFIGURED`, can
/// be leased, and its password is forgotten; one on which it has not is `ERROR`, with its reason. None stays
/// `CONFIGURING`, however the run ends. The worker killed or frozen, nothing of its ansible is left on its side before
/// another goes on.
///
/// On a server a task that was cut off may still work when the next holder begins: the recipe waits for what holds the
/// lists of packages, and makes up for what was left half done.
///
/// Refused: `unknown-recipe`, `no-such-server`, `no-such-session`, `too-many-servers`. Retried: `ansible-missing`,
/// `recipe-unreadable`, `fleet-key-missing`, `fleet-key-unusable`, `ansible-failed`.
///
/// **Cost.** A process of ansible for each server that is dealt with at once, and minutes.
struct InitServerWorker: LongWorker {
    static let options = LongOptions { $0.timeout = .seconds(6 * 3600) }

    private let fleet: FleetSettings

    init(_ fleet: FleetSettings) { self.fleet = fleet }

    func handle(_ command: InitServer, in run: Run) async throws(Rejection) -> Closing<ServersInitialised> {
        let recipe = try Recipe.named(command.recipe)
        let stored = try run.checkpoint(as: InitMark.self)
        do throws(Rejection) {
            return try await go(on: try await plan(command, stored, run), recipe, run)
        } catch {
            if error.consequence != .yield, let stored { try await abandon(stored, error, recipe, run) }
            throw error
        }
    }

    private func go(
        on mark: InitMark, _ recipe: Recipe, _ run: Run
    ) async throws(Rejection) -> Closing<ServersInitialised> {
        let endings = mark.left.isEmpty ? [] : try await work(mark, recipe, run)
        let all = mark.endings(by: recipe) + endings
        let results = (mark.skipped + all.map(\.result)).sorted { $0.server < $1.server }
        return Closing { (tx: borrowing Transaction) throws(Rejection) in
            try ServerStore.end(all, in: tx)
            return ServersInitialised(recipe: recipe.name, results: results)
        }
    }

    /// Who the run is for: as the last holder left it, or as it is now. Those are locked.
    private func plan(
        _ command: InitServer, _ stored: InitMark?, _ run: Run
    ) async throws(Rejection) -> InitMark {
        if let stored {
            if !stored.left.isEmpty { try await run.lock(stored.targets) }
            return stored
        }
        let first = try await find(command, run)
        if !first.planned.isEmpty { try await run.lock(first.targets) }
        // Another run may have had them until now.
        var mark = try await find(command, run)
        let locked = Set(first.planned.map(\.id))
        mark.planned.removeAll { !locked.contains($0.id) }
        let count = mark.planned.count
        try await run.checkpoint(
            mark,
            progress: Progress(
                step: "planned", text: "\(count) servers, \(mark.skipped.count) skipped.", done: 0, total: count))
        return mark
    }

    private func find(_ command: InitServer, _ run: Run) async throws(Rejection) -> InitMark {
        let found = try await run.transaction { (tx: borrowing Transaction) throws(Rejection) in
            try ServerStore.find(command, in: tx)
        }
        return InitMark(found, only: command.only)
    }

    /// Says of servers what the last holder did not get to say, when the run ends before anything is done with them
    /// here: of those that it had begun with, and left as they are.
    private func abandon(
        _ mark: InitMark, _ rejection: Rejection, _ recipe: Recipe, _ run: Run
    ) async throws(Rejection) {
        let failure = HostFailure(rejection.reasonForServers)
        let left = mark.left.map { ServerEnding(failure, $0, hostKey: nil, by: recipe) }
        let endings = mark.endings(by: recipe) + left
        guard recipe.makesServers else { return }
        try await run.transaction { (tx: borrowing Transaction) throws(Rejection) in
            try ServerStore.end(endings, ifBegun: true, in: tx)
        }
    }

    /// Does the work.
    private func work(_ mark: InitMark, _ recipe: Recipe, _ run: Run) async throws(Rejection) -> [ServerEnding] {
        try await run.withPrograms { (lease: Lease) throws(Rejection) in
            do {
                return try await InitRun(run: run, fleet: fleet, recipe: recipe, mark: mark, lease: lease).work()
            } catch {
                // Told to end, it ends as it was told.
                try run.proceed()
                throw Rejection(fault: error)
            }
        }
    }
}

extension InitMark {
    /// What earlier holders left servers as.
    func endings(by recipe: Recipe) -> [ServerEnding] {
        let servers = Dictionary(planned.map { ($0.id, $0) }, uniquingKeysWith: { $1 })
        return done.compactMap { done in servers[done.id].map { ServerEnding(done, $0, by: recipe) } }
    }
}
