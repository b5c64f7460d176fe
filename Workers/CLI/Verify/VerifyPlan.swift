import Runtime

/// What a run is asked to do.
struct VerifyPlan {
    var commands: Int
    var workers: Int
    var seed: UInt64
    /// Go on publishing for so long, in place of a number of commands.
    var duration: Duration?
    /// How long nothing may move before the books are opened all the same.
    var patience: Duration
    var faults: [VerifyFault]
    /// Faults that this cluster cannot be given, and why.
    var unavailable: [(VerifyFault, String)] = []
    var keeps: Bool

    /// - Parameter lack: what keeps connections from being closed; asked only where some are to be.
    init(_ invocation: Invocation, lack: () throws(Failure) -> String?) throws(Failure) {
        commands = try invocation.count("commands", default: 2000)
        workers = try invocation.count("workers", default: 3)
        guard workers <= 64 else { throw Failure(.usage, "--workers takes a number from 1 to 64") }
        duration = try invocation.duration("for")
        patience = try invocation.duration("patience") ?? .seconds(60)
        if let text = invocation.value("seed") {
            guard let number = UInt64(text) else { throw Failure(.usage, "--seed takes a number") }
            seed = number
        } else {
            seed = .random(in: 1...1_000_000)
        }
        keeps = invocation.has("keep")
        let wish = invocation.value("faults") ?? "all"
        faults = try VerifyFault.list(wish)
        guard faults.contains(.connection), let lack = try lack() else { return }
        guard wish == "all" else { throw Failure(.usage, lack) }
        faults.removeAll { $0 == .connection }
        unavailable = [(.connection, lack)]
    }

    /// Outcomes that the faults allow besides those of the commands: three starts without an end bury a command.
    var mayBury: Bool { faults.contains(.kill) }

    /// How many commands go out between two faults: each kind of fault comes at least three times.
    var chunk: Int {
        guard duration == nil else { return 200 }
        return faults.isEmpty ? 200 : max(1, min(200, commands / (3 * faults.count + 1)))
    }
}
