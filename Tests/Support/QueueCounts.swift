package import Contracts
import Foundation

extension Cluster {
    /// How many deliveries of a command's queue were second ones, as the broker has counted; it counts a few seconds
    /// late.
    package func redeliveries(_ command: CommandName) throws -> Int {
        (try counted(command)["message_stats"] as? [String: Any])?["redeliver"] as? Int ?? 0
    }

    /// How many messages wait in a command's queue, and how many are handed out; counted as late.
    package func depth(of command: CommandName) throws -> (ready: Int, unacknowledged: Int) {
        let object = try counted(command)
        return (object["messages_ready"] as? Int ?? 0, object["messages_unacknowledged"] as? Int ?? 0)
    }

    private func counted(_ command: CommandName) throws -> [String: Any] {
        let queue = Topology.queue(for: command)
        let result = try FinishedProcess(
            path: "/usr/bin/env",
            arguments: ["curl", "-sSf", "-m", "10", "\(servers.managementURL)/api/queues/\(name)/\(queue)"],
            environment: environment)
        guard result.status == 0 else { throw TestFailure("\(queue): \(result.errors)") }
        return try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any] ?? [:]
    }
}
