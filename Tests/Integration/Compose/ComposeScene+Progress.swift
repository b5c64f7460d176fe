import Foundation
import Postgres
import TestSupport

extension ComposeScene {
    /// How many commands have their outcome.
    func ended() throws -> Int {
        let database = try database()
        defer { database.close() }
        return try database.query("SELECT count(*) FROM job_key WHERE state IN ('s', 'r', 'f', 'd', 'c')").get(0, 0)
    }

    /// Waits until so many further commands have had their outcome.
    func awaitProgress(_ count: Int = 200) throws {
        var start: Int?
        do {
            try eventually("\(count) more commands are done", within: 180) {
                // The servers may be on their way back.
                guard let now = try? ended() else { return false }
                start = start ?? now
                return now >= start! + count
            }
        } catch { throw TestFailure("\(error)\n\(circumstances())") }
    }

    /// What the brokers and the containers say of themselves, to tell where something stands still.
    private func circumstances() -> String {
        var said = [try? docker("ps", "--all", "--format", "{{.Names}} {{.Status}}")]
        let questions = [
            ["list_queues", "name", "leader", "messages_ready", "messages_unacknowledged", "consumers"],
            [
                "list_channels", "user", "pid", "confirm", "messages_unconfirmed", "messages_unacknowledged",
                "prefetch_count", "consumer_count",
            ],
        ]
        for node in brokers {
            guard let container = try? containers(node).first else { continue }
            for words in questions {
                let ask = ["exec", container, "rabbitmqctl", "--silent", "--timeout", "20"]
                do { said.append("\(node): \(try docker(ask + words))") } catch { said.append("\(node): \(error)") }
            }
        }
        return said.compactMap(\.self).joined(separator: "\n")
    }
}
