import Ansible
import Contracts
import Runtime

/// How the servers of a run stand, from event to event: what people are shown, and what a checkpoint keeps. Pure.
struct PlayBoard {
    /// A server of the run.
    struct Entry {
        let server: PlannedServer
        let place: String
        /// What ssh calls it.
        let sshName: String
        var state = PlaceProgress.State.waiting
        var task: String?
        var failure: HostFailure?
        /// How far it is, from 0 to 1.
        var progress = 0.0
        var changed = 0
        /// Whether something was done with it: from then on it may not be what it was.
        var isTouched = false
        /// Whether its key is known, or the hash of it.
        var isKnown = true
    }

    private(set) var entries: [Int: Entry] = [:]
    /// Where the run is.
    private(set) var mark: InitMark
    private let taskCount: Int
    private var ids: [String: Int] = [:]
    /// Whether something has changed that people have not been shown.
    private(set) var isNew = true
    /// Whether more is done than is kept.
    private(set) var isAhead = false
    /// The keys that servers were the first to show, as far as they are not kept.
    private(set) var newKeys: [Int: String] = [:]

    /// - Parameters:
    ///   - servers: those that are left.
    ///   - taskCount: how many tasks the recipe has.
    init(_ mark: InitMark, _ servers: [FleetServer], taskCount: Int) {
        self.mark = mark
        self.taskCount = max(1, taskCount)
        let names = Login.names(servers)
        let byID = Dictionary(servers.map { ($0.id, $0) }, uniquingKeysWith: { $1 })
        let done = Set(mark.done.map(\.id))
        for planned in mark.planned {
            let server = byID[planned.id]
            var entry = Entry(
                server: planned, place: server.map { Login.place($0, among: servers) } ?? planned.ip,
                sshName: server.map { KnownHosts.name($0.ip, $0.port) } ?? planned.ip)
            if let server { (entry.isTouched, entry.isKnown) = (server.isResumed, server.hostKey != nil) }
            if done.contains(planned.id) { (entry.state, entry.progress) = (.done, 1) }
            entries[planned.id] = entry
            if let name = names[planned.id] { ids[name] = planned.id }
        }
    }

    /// What people call the places, by their names in the inventory.
    var places: [String: String] { ids.compactMapValues { entries[$0]?.place } }

    /// The server of a name in the inventory.
    func id(_ host: String) -> Int? { ids[host] }

    /// Takes an event in. Returns the server that shows another key than is known of it, if one has just done so.
    mutating func take(_ event: PlayEvent, _ record: PlayRecord) -> Int? {
        guard case .result(let result) = event, let id = ids[result.host], var entry = entries[id] else { return nil }
        isNew = true
        entry.task = result.task
        entry.progress = max(entry.progress, record.progress(of: result.host))
        entry.isTouched = entry.isTouched || record.hasAnswered(result.host)
        if result.status == .changed { entry.changed += 1 }
        if !entry.isKnown, let key = KnownHosts.keys(in: record.knownHosts)[entry.sshName]?.first {
            entry.isKnown = true
            newKeys[id] = key
        }
        let failure = record.failure(of: result.host)
        entry.state = failure == nil ? .running : .failed
        entry.failure = failure
        if failure == nil, entry.progress >= 1 {
            entry.state = .done
            keep(id, changed: entry.changed, KnownHosts.keys(in: record.knownHosts)[entry.sshName]?.first)
        }
        entries[id] = entry
        return result.status == .unreachable && failure?.reason == .hostKeyChanged ? id : nil
    }

    /// A server has failed before ansible was given it.
    mutating func fail(_ id: Int, _ failure: HostFailure) {
        entries[id]?.state = .failed
        entries[id]?.failure = failure
        isNew = true
    }

    /// What came of a server in the end.
    mutating func close(_ ending: ServerEnding) {
        entries[ending.id]?.state = ending.isDone ? .done : .failed
        entries[ending.id]?.failure = ending.failure
        if ending.isDone { entries[ending.id]?.progress = 1 }
        isNew = true
    }

    /// What is done is kept from here on, and people are shown how it stands.
    mutating func settle() { (isNew, isAhead) = (false, false) }

    /// These keys are kept from here on.
    mutating func settle(_ keys: [Int: String]) { newKeys = newKeys.filter { keys[$0.key] == nil } }

    private mutating func keep(_ id: Int, changed: Int, _ hostKey: String?) {
        guard !mark.done.contains(where: { $0.id == id }) else { return }
        mark.done.append(DoneServer(id: id, changed: changed, hostKey: hostKey))
        isAhead = true
    }

    /// What people are shown.
    var progress: Progress {
        let all = entries.values.sorted { $0.server.id < $1.server.id }
        let (done, failed) = (all.count { $0.state == .done }, all.count { $0.state == .failed })
        let tasks = all.reduce(0) { $0 + Int(($1.progress * Double(taskCount)).rounded()) }
        var text = "\(done) of \(all.count) servers are done"
        if failed > 0 { text += ", \(failed) failed" }
        return Progress(
            step: "playing", text: text + ".", done: tasks, total: taskCount * all.count,
            places: all.map {
                let text = $0.failure.map { String($0.description.prefix(ServerResult.messageLimit)) }
                return PlaceProgress(place: $0.place, state: $0.state, task: $0.task, text: text)
            })
    }
}
