import Contracts

extension InitMark {
    /// Who of those that a command names is for its run. One that failed is not, unless it is asked for: nobody knows
    /// whether what was wrong with it is right now. Pure.
    init(_ found: [FoundServer], only: InitServer.Only) {
        self.init()
        for server in found.sorted(by: { $0.id < $1.id }) {
            let hasFailed = server.status == .error
            switch (only, hasFailed) {
            case (.all, false), (.failed, true): planned.append(PlannedServer(server))
            case (.all, true):
                skip(server, "failed-before", "It failed the last time; only=failed has it tried once more.")
            case (.failed, false): skip(server, "not-failed", "Its status is not ERROR.")
            }
        }
    }

    private mutating func skip(_ server: FoundServer, _ reason: String, _ message: String) {
        skipped.append(
            ServerResult(server: server.id, ip: server.ip, outcome: .skipped, reason: reason, message: message))
    }
}
