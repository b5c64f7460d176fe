import Postgres
import TestSupport
import Testing

/// Broker and database go away under load and come back: every confirmed command has its one outcome, its effect once,
/// and its event. One after the other: they share what they take away.
@Suite(.servers, .serialized) struct OutageTests {
    @Test(
        .enabled(if: ServerControl.command != nil || TestServers.isCI, "needs the servers of scripts/test"),
        arguments: ["restart database", "kill database", "restart broker", "kill broker"], TestServers.rounds)
    func theClusterOutlivesAnOutage(outage: String, round: Int) throws {
        try withCluster { cluster in
            var scene = try OutageScene(cluster)
            try scene.publish(1000)
            try scene.waitForProgress()
            // These are on their way while it happens.
            try scene.publish(1000)
            try ServerControl.run(outage)
            if outage.hasPrefix("kill") { try ServerControl.run("start") }
            try scene.expectTheBooksToBalance()
        }
    }

    @Test(arguments: TestServers.rounds) func everySessionIsTerminatedAgainAndAgain(round: Int) throws {
        try withCluster { cluster in
            var scene = try OutageScene(cluster)
            for _ in 0..<6 {
                try scene.publish(200)
                try scene.waitForProgress()
                #expect(try cluster.terminateSessions() > 0)
            }
            try scene.expectTheBooksToBalance()
        }
    }

    @Test(arguments: TestServers.rounds) func everyConnectionIsClosedAgainAndAgain(round: Int) throws {
        try withCluster { cluster in
            let user = try OutageUser(cluster)
            defer { user.remove() }
            var scene = try OutageScene(cluster, amqpURL: user.amqpURL)
            for _ in 0..<4 {
                try scene.publish(300)
                try scene.waitForProgress()
                // What was received before the last round may make progress by itself: all must be back first. A worker
                // has three, the producer one.
                try eventually("producer and workers are connected") { try user.connections >= 7 }
                try user.closeConnections()
            }
            try scene.expectTheBooksToBalance()
        }
    }
}

extension Cluster {
    /// Ends every session of this cluster's database but the one it asks with. Returns how many.
    fileprivate func terminateSessions() throws -> Int {
        let database = try database()
        defer { database.close() }
        return try database.query(
            """
            SELECT count(*) FILTER (WHERE pg_terminate_backend(pid)) FROM pg_stat_activity
            WHERE datname = current_database() AND pid <> pg_backend_pid()
            """
        ).get(0, 0)
    }
}
