/// A server that a command names, as it is before the run.
struct FoundServer: Sendable, Equatable {
    let id: Int
    let ip: String
    let status: ServerStatus
}
