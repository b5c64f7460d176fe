import Ansible
import Contracts

/// What a run leaves a server as.
struct ServerEnding: Sendable, Equatable {
    let id: Int
    let ip: String
    /// What it is from now on; `nil` leaves it what it is.
    var status: ServerStatus?
    /// What is wrong with it.
    var failure: HostFailure?
    /// Its key, if it showed one.
    var hostKey: String?
    /// How many tasks changed something.
    var changed = 0
    /// Whether the recipe has come to its end on it.
    var isDone = false
    /// Whether our key opens it from now on, and its address can be leased.
    var isMade = false
    /// Whether something is known now of what is wrong with it.
    var isJudged: Bool { isDone || failure != nil }

    /// A server that is as it was.
    init(untouched server: PlannedServer, by recipe: Recipe) {
        (id, ip) = (server.id, server.ip)
        status = recipe.makesServers ? server.before : nil
    }

    /// A server on which the recipe has come to its end.
    init(_ done: DoneServer, _ server: PlannedServer, by recipe: Recipe) {
        (id, ip, changed, hostKey) = (server.id, server.ip, done.changed, done.hostKey)
        isDone = true
        isMade = recipe.makesServers
        status = recipe.makesServers ? .configured : nil
    }

    /// A server on which it has not. Only a recipe that makes servers can spoil one: what another finds wrong is noted.
    init(_ failure: HostFailure, _ server: PlannedServer, hostKey: String?, by recipe: Recipe) {
        (id, ip) = (server.id, server.ip)
        self.hostKey = hostKey
        self.failure = failure
        status = recipe.makesServers ? .error : nil
    }

    /// The same for the completion.
    var result: ServerResult {
        if let failure {
            return ServerResult(
                server: id, ip: ip, outcome: .failed, changed: changed, reason: failure.reason.rawValue,
                message: failure.description)
        }
        return ServerResult(server: id, ip: ip, outcome: .configured, changed: changed)
    }
}
