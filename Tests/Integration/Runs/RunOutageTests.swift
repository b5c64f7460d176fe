import AMQP
import Contracts
import Foundation
import Postgres
import TestSupport
import Testing

/// A long command while broker or database go away and come back: whoever has it keeps it.
@Suite(
    .servers, .serialized,
    .enabled(if: ServerControl.command != nil || TestServers.isCI, "needs the servers of scripts/test"))
struct RunOutageTests {
    @Test func aBrokerThatIsRestartedChangesNothing() throws {
        try withCluster { cluster in
            try cluster.prepareLongProbe()
            let load = try Load(cluster)
            try cluster.start("relay")
            let worker = try cluster.startLongProbe()
            try load.publish(Cluster.longProbe, id: "one", body: Cluster.longProbe(gate: 1))
            try load.settle()
            try cluster.wait(for: "one", steps: 1)
            try ServerControl.run("restart broker")
            let log = try EventLog(cluster)
            try cluster.open("one")
            #expect(try log.outcome(of: "one").kind == .succeeded)
            #expect(try cluster.steps("one").map(\.step) == [0, 1, 2])
            #expect(Set(try cluster.steps("one").map(\.fence)) == [1])
            #expect(try cluster.longEffects() == 1)
            #expect(worker.isRunning)
        }
    }

    @Test func theBrokersTimeForADeliveryIsNoTimeOfARun() throws {
        try withCluster { cluster in
            try cluster.prepareLongProbe()
            defer { try? ServerControl.run("consumer-timeout 1800000") }
            try ServerControl.run("consumer-timeout 1000")
            let log = try EventLog(cluster)
            let load = try Load(cluster)
            let worker = try cluster.startLongProbe()
            try load.publish(Cluster.longProbe, id: "one", body: Cluster.longProbe(gate: 1))
            try load.settle()
            try cluster.wait(for: "one", steps: 1)
            let database = try cluster.database()
            defer { database.close() }
            _ = try database.query("SELECT pg_sleep(3)")
            try cluster.open("one")
            #expect(try log.outcome(of: "one").kind == .succeeded)
            #expect(try cluster.longEffects() == 1)
            #expect(!worker.output.contains("channel"), "\(worker.output)")
        }
    }

    @Test func aRestartOfTheDatabaseStealsNobodysRun() throws {
        let server = try PrivateDatabase(megabytes: 256)
        defer { server.remove() }
        let shared = try TestServers.require()
        let servers = TestServers(
            amqpURL: shared.amqpURL, managementURL: shared.managementURL, databaseURL: server.url,
            binaries: shared.binaries)
        try withCluster(on: servers) { cluster in
            try cluster.prepareLongProbe()
            let log = try EventLog(cluster)
            let load = try Load(cluster)
            let relay = try cluster.start("relay")
            // The holder has a lease to be heard again, from when the relay is connected anew.
            let first = try cluster.startLongProbe(["RUN_LEASE": "6s"])
            try load.publish(Cluster.longProbe, id: "one", body: Cluster.longProbe(gate: 1))
            try load.settle()
            try cluster.wait(for: "one", steps: 1)
            try cluster.startLongProbe(["RUN_LEASE": "6s"])
            try server.run("kill")
            try server.run("start")
            // The row says that it is over, as it does when the server was away for long.
            let database = try cluster.database()
            defer { database.close() }
            try database.execute("UPDATE run SET lease_until = now() - interval '1 hour'")
            try eventually("its holder is heard again") {
                try cluster.number("SELECT count(*) FROM run WHERE lease_until > now()") == 1
            }
            try cluster.open("one")
            #expect(try log.outcome(of: "one").kind == .succeeded)
            #expect(Set(try cluster.steps("one").map(\.fence)) == [1], "nobody else had it")
            #expect(try cluster.steps("one").map(\.step) == [0, 1, 2])
            #expect(try cluster.longEffects() == 1)
            #expect(!relay.output.contains("taken from its holder"), "\(relay.output)")
            #expect(first.isRunning)
        }
    }

    @Test func aHolderThatCannotReachTheDatabaseStopsBeforeSomebodyElseBegins() throws {
        let server = try PrivateDatabase(megabytes: 256)
        defer { server.remove() }
        let shared = try TestServers.require()
        let servers = TestServers(
            amqpURL: shared.amqpURL, managementURL: shared.managementURL, databaseURL: server.url,
            binaries: shared.binaries)
        try withCluster(on: servers) { cluster in
            try cluster.prepareLongProbe()
            let log = try EventLog(cluster)
            let load = try Load(cluster)
            try cluster.start("relay")
            let worker = try cluster.startLongProbe()
            try load.publish(Cluster.longProbe, id: "one", body: Cluster.longProbe(gate: 1))
            try load.settle()
            try cluster.wait(for: "one", steps: 1)
            try server.run("kill")
            // Longer than the lease: its handler has been told to end.
            usleep(3_000_000)
            try server.run("start")
            try worker.waitForLine(containing: "a run was handed over")
            try cluster.open("one")
            #expect(try log.outcome(of: "one").kind == .succeeded)
            #expect(try cluster.steps("one").map(\.step) == [0, -2, 1, 2])
            #expect(try cluster.longEffects() == 1)
            #expect(worker.isRunning)
        }
    }
}
