package import Contracts
import Foundation

extension Cluster {
    /// How many deliveries of a command's queue were second ones, as the broker has counted; it counts a few seconds
    /// late.
    package func redeliveries(_ command: CommandName) throws -> Int {
        let queue = Topology.queue(for: command)
        let result = try FinishedProcess(
            path: "/usr/bin/env",
            arguments: ["curl", "-sSf", "-m", "10", "\(servers.managementURL)/api/queues/\(name)/\(queue)"],
            environment: environment)
        guard result.status == 0 else { throw TestFailure("\(queue): \(result.errors)") }
        let object = try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any]
        let counts = object?["message_stats"] as? [String: Any]
        return counts?["redeliver"] as? Int ?? 0
    }
}
