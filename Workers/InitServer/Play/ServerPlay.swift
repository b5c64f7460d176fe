import Ansible
import Processes
import Runtime

/// Runs the recipe on servers, and keeps its log meanwhile.
struct ServerPlay: Sendable {
    let recipe: Recipe
    let fleet: FleetSettings
    let key: FleetKey
    let lease: Lease
    let taskCount: Int
    let journal: RunJournal
    /// The servers, with the keys that are known of them.
    let servers: [FleetServer]

    /// Runs it on all of them, and says what came of each. On those that refuse their login and may be ours already,
    /// it is run once more as the operator.
    ///
    /// - Throws: `Rejection`; what programs under a lease throw; nothing that concerns single servers.
    func run() async throws -> [Int: ServerOutcome] {
        let names = Login.names(servers)
        var hosts: [InventoryHost] = []
        var outcomes: [Int: ServerOutcome] = [:]
        for server in servers {
            switch Login.host(server, named: names[server.id] ?? server.ip) {
            case .success(let host): hosts.append(host)
            case .failure(let failure):
                try await journal.fail(server.id, failure)
                outcomes[server.id] = ServerOutcome(.failed(failure), hostKey: nil)
            }
        }
        outcomes.merge(try await play(hosts, names)) { $1 }
        let again = servers.filter { server in
            guard case .failed(let failure)? = outcomes[server.id]?.outcome else { return false }
            return Login.mayBeOperated(server, after: failure)
        }
        guard !again.isEmpty else { return outcomes }
        await journal.note("log in", "\(again.count) servers that refuse their login are tried as the operator's.")
        let operated = again.map { Login.operated($0, named: names[$0.id] ?? $0.ip) }
        for (id, outcome) in try await play(operated, names) where !outcome.isRefused { outcomes[id] = outcome }
        return outcomes
    }

    private func play(_ hosts: [InventoryHost], _ names: [Int: String]) async throws -> [Int: ServerOutcome] {
        guard !hosts.isEmpty else { return [:] }
        var playbook = recipe.playbook(in: fleet.recipes)
        playbook.forks = fleet.forks
        playbook.timeLimit = fleet.timeLimit * ((hosts.count + fleet.forks - 1) / fleet.forks)
        let result = try await follow(
            playbook, Inventory(hosts: hosts, variables: fleet.variables(publicKey: key.line), knownHostsFile: ""))
        if result.stopped == .cancelled { throw CancellationError() }
        if result.stopped == nil, result.hasNotBegun {
            throw Rejection.transient("ansible-failed", "Ansible did not begin: \(result.tail.last ?? "no word of it")")
        }
        let keys = KnownHosts.keys(in: result.knownHosts)
        let meant = Set(hosts.map(\.name))
        let pairs = servers.compactMap { server -> (Int, ServerOutcome)? in
            guard let name = names[server.id], meant.contains(name), let outcome = result.outcomes[name] else {
                return nil
            }
            return (server.id, ServerOutcome(outcome, hostKey: keys[KnownHosts.name(server.ip, server.port)]?.first))
        }
        return Dictionary(pairs, uniquingKeysWith: { $1 })
    }

    /// Plays it, and has the journal written meanwhile.
    private func follow(_ playbook: Playbook, _ inventory: Inventory) async throws -> PlayResult {
        let input = RunInput(
            knownHosts: KnownHosts.file(servers), privateKey: key.secret, secrets: fleet.secrets)
        return try await withThrowingTaskGroup(of: PlayResult?.self) { group in
            defer { group.cancelAll() }
            group.addTask { [lease, journal, taskCount] in
                try await playbook.run(inventory, input, taskCount: taskCount, under: lease) { event, record in
                    try await journal.take(event, record)
                }
            }
            group.addTask { [journal] in
                while true {
                    do { try await Task.sleep(for: RunJournal.rhythm) } catch { return nil }
                    try await journal.tick()
                }
            }
            for try await case let result? in group { return result }
            throw CancellationError()
        }
    }
}

/// What came of the recipe on a server.
struct ServerOutcome: Sendable, Equatable {
    let outcome: HostOutcome
    /// The key that it showed.
    let hostKey: String?

    init(_ outcome: HostOutcome, hostKey: String?) { (self.outcome, self.hostKey) = (outcome, hostKey) }

    /// Whether it refused the login.
    var isRefused: Bool {
        guard case .failed(let failure) = outcome else { return false }
        return [.wrongPassword, .keyRefused].contains(failure.reason)
    }
}

extension PlayResult {
    /// Whether ansible ended before it came to any server.
    fileprivate var hasNotBegun: Bool {
        outcomes.values.allSatisfy { outcome in
            guard case .failed(let failure) = outcome else { return false }
            return failure.reason == .notReached
        }
    }
}
