import Foundation
import TestSupport
import Testing

/// What the relay shows of the depth of queues while a server is away: nothing old.
@Suite(.servers, .enabled(if: TestServers.isFull, "long: scripts/test --full")) struct RelayGaugeTests {
    @Test func whatItCannotLookAtIsNotShown() throws {
        try withCluster { cluster in
            let user = try OutageUser(cluster)
            defer { user.remove() }
            let relay = try cluster.start("relay", ["AMQP_URL": user.amqpURL])
            func eventually(_ what: String, _ condition: (String) -> Bool) throws {
                try TestSupport.eventually(what) { condition("\n" + (try relay.get("metrics").body)) }
            }
            try eventually("everything is shown") {
                $0.contains("\nruche_queue_messages{") && $0.contains("\nruche_database_connected 1")
                    && $0.contains("\nruche_broker_connected 1")
            }

            user.remove()
            try eventually("the queues are not shown, and the ledger is") {
                !$0.contains("\nruche_queue_messages{") && $0.contains("\nruche_outbox_rows 0")
                    && $0.contains("\nruche_scheduled_commands{") && $0.contains("\nruche_broker_connected 0")
            }
            #expect(relay.output.split(separator: "\n").count { $0.contains("the queues cannot be looked at") } == 1)
            let again = try OutageUser(cluster)
            defer { again.remove() }
            try eventually("the queues are back") { $0.contains("\nruche_queue_messages{") }
            // A connection that was lost between two looks is made anew, and the look is not lost.
            try again.closeConnections()
            try eventually("the other connections are back") { $0.contains("\nruche_broker_connected 1") }
            #expect(relay.output.split(separator: "\n").count { $0.contains("the queues cannot be looked at") } == 1)

            try cluster.withoutDatabase {
                try eventually("nothing is shown") {
                    !$0.contains("\nruche_outbox_rows ") && !$0.contains("\nruche_queue_consumers{")
                        && $0.contains("\nruche_database_connected 0")
                }
            }
            try eventually("everything is back") {
                $0.contains("\nruche_outbox_rows 0") && $0.contains("\nruche_queue_consumers{")
                    && $0.contains("\nruche_database_connected 1")
            }
        }
    }
}
