import Contracts

/// Where a run is: its checkpoint. It has no secret.
struct InitMark: Message, Hashable {
    /// The servers that the run is for, in the order of their ids.
    var planned: [PlannedServer] = []
    /// Those that it is not for.
    var skipped: [ServerResult] = []
    /// Those that it is through with, by whichever holder.
    var done: [DoneServer] = []

    init() {}

    /// Who is and who is not for a run, none of them done.
    init(planned: [PlannedServer], skipped: [ServerResult]) { (self.planned, self.skipped) = (planned, skipped) }

    static let fields: FieldTable<InitMark> = [
        .required("planned", \.planned, .list(of: .message, count: 0...InitServer.serverLimit), "The run's servers."),
        .required("skipped", \.skipped, .list(of: .message, count: 0...InitServer.serverLimit), "The others."),
        .required("done", \.done, .list(of: .message, count: 0...InitServer.serverLimit), "What is done."),
    ]

    /// The servers that are still to be worked on.
    var left: [PlannedServer] {
        let ids = Set(done.map(\.id))
        return planned.filter { !ids.contains($0.id) }
    }

    /// What is locked for the run.
    var targets: [String] { planned.map { "server:\($0.id)" } }
}

/// A server that a run is for.
struct PlannedServer: Message, Hashable {
    var id = 0
    var ip = ""
    /// What it was before the run.
    var before = ServerStatus.pending

    init() {}

    init(_ server: FoundServer) { (id, ip, before) = (server.id, server.ip, server.status) }

    static let fields: FieldTable<PlannedServer> = [
        .required("id", \.id, .integer(), "The server."),
        .required("ip", \.ip, .text(0...64), "Its address."),
        .required("before", \.before, .choice, "What it was."),
    ]
}

/// A server on which the recipe has come to its end.
struct DoneServer: Message, Hashable {
    var id = 0
    /// How many tasks changed something.
    var changed = 0
    /// Its key, as it showed it.
    var hostKey: String?

    init() {}

    init(id: Int, changed: Int, hostKey: String?) { (self.id, self.changed, self.hostKey) = (id, changed, hostKey) }

    static let fields: FieldTable<DoneServer> = [
        .required("id", \.id, .integer(), "The server."),
        .required("changed", \.changed, .integer(), "Tasks that changed something."),
        .optional("hostKey", \.hostKey, .text(0...10_000), "Its key."),
    ]
}
