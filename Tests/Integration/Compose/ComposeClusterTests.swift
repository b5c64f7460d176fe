import AMQP
import Books
import Contracts
import Foundation
import TestSupport
import Testing

/// Three brokers and two databases in containers: the node that leads a queue is killed, and the database is, and
/// another takes over.
///
/// Runs with `scripts/test --full`, or alone with `scripts/test --filter ComposeClusterTests`.
@Suite(.serialized, .containers) struct ComposeClusterTests {
    @Test func theBooksBalanceWhenAnotherServerTakesOver() throws {
        let seed = TestServers.seed(of: "compose cluster")
        try withComposeScene("rabbitmq-cluster.yaml", "postgres-standby.yaml") { scene in
            let said = try scene.up()
            print("compose cluster: \(said.split(whereSeparator: \.isNewline).first { $0.hasPrefix("healthy") } ?? "")")
            let events = EventBook(
                queue: "compose.events", commands: ComposeProducer.commands, path: scene.directory + "/events")
            try scene.prepare(events)
            let since = Timestamp.now
            let producer = ComposeProducer(
                try scene.brokerURI("producer"), ledger: scene.directory + "/ledger", seed: seed, rate: 40)
            defer { print("compose cluster: \(producer.circumstances)") }
            try scene.awaitProgress()
            for command in [LeaseIP.name, IngestLogs.name] { try killLeader(of: command, scene) }
            try loseStandby(scene)
            try failOver(scene, from: "postgres", to: "postgres-standby")
            try failOver(scene, from: "postgres-standby", to: "postgres")
            try producer.stop()
            let report = try scene.rest(producer, events, since: since)
            print("compose cluster \(seed): \(report.counts)")
            #expect(report.balances, "seed \(seed): \(report)")
        }
    }

    /// The node that leads a queue, as another knows it. The tool's own lists ask every node: of one that is dead and
    /// has no name any more they wait seconds for each queue.
    private func leader(of queue: String, _ scene: ComposeScene, at node: String) throws -> String {
        let lookup = "rabbit_amqqueue:lookup({resource, <<\"/\">>, queue, <<\"\(queue)\">>})"
        let said = try rabbitmqctl(["eval", "{ok, Q} = \(lookup), {_, N} = amqqueue:get_pid(Q), N."], scene, at: node)
        return try String(#require(said.firstMatch(of: /rabbit@([a-z0-9-]+)/), "\(said)").output.1)
    }

    /// The nodes where a copy of a queue is at work; asked while all of them are there.
    private func copies(of queue: String, _ scene: ComposeScene, at node: String) throws -> Set<String> {
        let said = try rabbitmqctl(["list_queues", "name", "online"], scene, at: node)
        let line = try #require(said.split(separator: "\n").first { $0.hasPrefix("\(queue)\t") }, "\(said)")
        return Set(line.matches(of: /rabbit@([a-z0-9-]+)/).map { String($0.output.1) })
    }

    /// What the tool says that operators have, as soon as it says anything: it fails while a node comes or goes, and
    /// on a busy machine a node that was started again, healthy or not, takes minutes to answer it.
    private func rabbitmqctl(_ words: [String], _ scene: ComposeScene, at node: String) throws -> String {
        let container = try #require(scene.containers(node).first)
        var said = ""
        try eventually("\(node) answers \(words[0])", within: 300) {
            let ask = ["exec", container, "rabbitmqctl", "--silent", "--timeout", "60"]
            said = (try? scene.docker(ask + words)) ?? ""
            return !said.isEmpty
        }
        return said
    }

    /// The node that leads a queue is killed under load, and started again.
    private func killLeader(of command: CommandName, _ scene: ComposeScene) throws {
        let name = Topology.queue(for: command)
        let leader = try leader(of: name, scene, at: scene.brokers[0])
        #expect(try copies(of: name, scene, at: scene.brokers[0]) == Set(scene.brokers))
        let survivor = try #require(scene.brokers.first { $0 != leader })
        let victim = try #require(scene.containers(leader).first)
        let start = ContinuousClock.now
        try scene.docker("kill", victim)
        try scene.awaitProgress(100)
        print("compose cluster: \(leader) led \(name) and was killed, at work after \(ContinuousClock.now - start)")
        #expect(try self.leader(of: name, scene, at: survivor) != leader)
        try scene.docker("start", victim)
        try scene.awaitHealth()
        try eventually("\(leader) has its copy again", within: 120) {
            try copies(of: name, scene, at: survivor) == Set(scene.brokers)
        }
    }

    /// Without its standby the database answers no commit. A worker's watchdog cancels a batch that takes too long, and
    /// then it does: the worker takes that for unknown, and acknowledges nothing.
    private func loseStandby(_ scene: ComposeScene) throws {
        let standby = try #require(scene.containers("postgres-standby").first)
        #expect(try scene.operate("standby", "status").contains("commits wait for the other"))
        try scene.docker("kill", standby)
        let worker = try #require(scene.containers("lease-ip").first)
        try eventually("the watchdog has cancelled a commit", within: 120) {
            try scene.docker("logs", "--tail", "200", worker).contains("the commit was not confirmed by a standby")
        }
        try scene.docker("start", standby)
        let start = ContinuousClock.now
        try scene.awaitProgress(100)
        print("compose cluster: the standby is back, at work after \(ContinuousClock.now - start)")
    }

    /// The database that is written to is killed, the other promoted; the first one is of no use until it is made anew.
    private func failOver(_ scene: ComposeScene, from old: String, to new: String) throws {
        let victim = try #require(scene.containers(old).first)
        let start = ContinuousClock.now
        try scene.docker("kill", victim)
        #expect(try scene.operate("standby", "promote").contains("\(new) is writable"))
        print("compose cluster: \(old) was killed and \(new) promoted after \(ContinuousClock.now - start)")
        try scene.awaitProgress(100)
        print("compose cluster: at work after \(ContinuousClock.now - start)")

        try scene.docker("start", victim)
        try eventually("it does not come back") {
            try scene.docker("inspect", "--format", "{{.State.Running}} {{.State.ExitCode}}", victim) == "false 1\n"
        }
        try scene.operate("standby", "reclone")
        try eventually("\(old) follows, and commits wait for it") {
            let status = try scene.operate("standby", "status")
            return status.contains("\(new): writable; commits wait for the other") && status.contains("\(old): follows")
        }
        try scene.awaitProgress(100)
    }
}
