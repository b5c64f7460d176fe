import Ansible
import Contracts
import Processes
import Runtime

/// One holder's work for a run: from the servers that are left to what came of each.
struct InitRun: Sendable {
    let run: Run
    let fleet: FleetSettings
    let recipe: Recipe
    let mark: InitMark
    let lease: Lease

    /// Works on what is left.
    ///
    /// - Throws: whatever concerns the whole run; servers are left as they may be by then, unless another goes on.
    func work() async throws -> [ServerEnding] {
        // What is missing here is found before any server is touched.
        let key = try await FleetKey.read(fleet, under: lease)
        let taskCount = try await recipe.playbook(in: fleet.recipes).taskCount(under: lease)
        let (ids, begins) = (mark.left.map(\.id), recipe.makesServers)
        let servers = try await run.transaction { (tx: borrowing Transaction) throws(Rejection) in
            try ServerStore.login(to: ids, beginning: begins, in: tx)
        }
        let journal = RunJournal(run, PlayBoard(mark, servers, taskCount: taskCount))
        do {
            let outcomes = try await play(servers, key, taskCount, journal)
            let endings = mark.left.map { ending($0, outcomes[$0.id]) }
            await journal.close(endings)
            try await journal.finish()
            return endings
        } catch {
            try await leave(journal, after: error)
            throw error
        }
    }

    private func play(
        _ servers: [FleetServer], _ key: FleetKey, _ taskCount: Int, _ journal: RunJournal
    ) async throws -> [Int: ServerOutcome] {
        await journal.note("begin", "\(servers.count) servers, recipe \(recipe.name), \(taskCount) tasks.")
        let checked = try await KeyScan.run(servers, under: lease)
        var outcomes: [Int: ServerOutcome] = [:]
        for (id, failure) in checked.failures.sorted(by: { $0.key < $1.key }) {
            try await journal.fail(id, failure)
            outcomes[id] = ServerOutcome(.failed(failure), hostKey: nil)
        }
        let play = ServerPlay(
            recipe: recipe, fleet: fleet, key: key, lease: lease, taskCount: taskCount, journal: journal,
            servers: checked.servers.filter { checked.failures[$0.id] == nil })
        return try await play.run().merging(outcomes) { $1 }
    }

    private func ending(_ server: PlannedServer, _ outcome: ServerOutcome?) -> ServerEnding {
        switch outcome?.outcome {
        case .done(let changed):
            ServerEnding(
                DoneServer(id: server.id, changed: changed, hostKey: outcome?.hostKey), server, by: recipe)
        case .failed(let failure): ServerEnding(failure, server, hostKey: outcome?.hostKey, by: recipe)
        case nil: ServerEnding(HostFailure(.notReached), server, hostKey: nil, by: recipe)
        }
    }

    /// Leaves servers as they may be when the run does not come to its end here: what is done is done, what was begun
    /// is not known to be anything, and what was not touched is what it was.
    private func leave(_ journal: RunJournal, after error: any Error) async throws {
        var rejection = Rejection(fault: error)
        do throws(Rejection) { try run.proceed() } catch { rejection = error }
        if rejection.consequence == .yield {
            await journal.note("handed over", "Another goes on with what is left.")
            // Of a run that is somebody else's by now nothing can be written.
            try? await journal.write()
            return
        }
        try await journal.write()
        let board = await journal.board
        let reason = rejection.reasonForServers
        let endings = mark.planned.map { server in board.ending(server, stopped: reason, by: recipe) }
        try await run.transaction { (tx: borrowing Transaction) throws(Rejection) in
            try ServerStore.end(endings, in: tx)
        }
    }
}

extension PlayBoard {
    /// What a run leaves a server as that is ended for this reason.
    func ending(_ server: PlannedServer, stopped reason: HostFailure.Reason, by recipe: Recipe) -> ServerEnding {
        if let done = mark.done.first(where: { $0.id == server.id }) { return ServerEnding(done, server, by: recipe) }
        let entry = entries[server.id]
        if let failure = entry?.failure { return ServerEnding(failure, server, hostKey: nil, by: recipe) }
        guard entry?.isTouched ?? false else { return ServerEnding(untouched: server, by: recipe) }
        return ServerEnding(HostFailure(reason, task: entry?.task), server, hostKey: nil, by: recipe)
    }
}
