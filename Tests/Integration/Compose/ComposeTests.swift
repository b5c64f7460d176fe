import AMQP
import Books
import Contracts
import Foundation
import Postgres
import TestSupport
import Testing

/// The cluster in containers, from images made here: brought up by one command, scaled and struck under load.
///
/// Runs with `scripts/test --full`, or alone with `scripts/test --filter ComposeTests`.
@Suite(.serialized, .containers) struct ComposeTests {
    @Test func theBooksOfAClusterInContainersBalance() throws {
        let seed = TestServers.seed(of: "compose")
        try withComposeScene { scene in
            try begin(scene)
            let events = EventBook(
                queue: "compose.events", commands: ComposeProducer.commands, path: scene.directory + "/events")
            try scene.prepare(events)
            // What was done before is in nobody's book.
            let since = Timestamp.now
            let producer = ComposeProducer(
                try scene.brokerURI("producer"), ledger: scene.directory + "/ledger", seed: seed, rate: 40)
            try scene.awaitProgress()
            try scale(scene, to: 4)
            try rotate(scene)
            try strike(scene, seed)
            try scale(scene, to: 1)
            try producer.stop()
            let report = try scene.rest(producer, events, since: since)
            print("compose \(seed): \(report.counts)")
            #expect(report.balances, "seed \(seed): \(report)")
            try scene.endAWaitingShop()
            // What is complete is left as it is.
            let before = try scene.containers(all: true)
            try scene.up()
            #expect(try scene.containers(all: true) == before)
        }
    }

    /// The autoscaler of the cluster, as a container that may only read, and a worker that does one command at a time.
    @Test func theClusterScalesByItself() throws {
        try withComposeScene { scene in
            let override = scene.directory + "/autoscale.yaml"
            try """
            services:
              lease-ip: {environment: {PREFETCH: "1", CONCURRENCY: "1"}}
              autoscale:
                volumes: ["\(scene.socket()):/var/run/docker.sock"]
                command: [--target, 10s, --stabilisation, 20s, "lease-ip=1:4"]

            """.write(toFile: override, atomically: true, encoding: .utf8)
            try scene.up("--profile", "autoscale", "--file", override)
            let broker = try AMQP.Connection.open(scene.brokerURI("producer"), name: "burst")
            defer { broker.close() }
            let start = ContinuousClock.now
            try publish(10_000, broker)
            print("compose: a backlog of 10,000 after \(ContinuousClock.now - start)")
            try eventually("replicas rise", within: 15) { try scene.containers("lease-ip").count > 1 }
            print("compose: more replicas after \(ContinuousClock.now - start)")
            try eventually("the queue drains", within: 180) {
                try broker.inspectQueue(Topology.queue(for: LeaseIP.name))?.messages == 0
            }
            print("compose: drained after \(ContinuousClock.now - start)")
            try eventually("replicas fall back", within: 180) { try scene.containers("lease-ip").count == 1 }
            print("compose: one replica again after \(ContinuousClock.now - start)")
            let said = try scene.docker("logs", try #require(scene.containers("autoscale").first))
            print("compose: autoscale\n\(said)")
            #expect(!said.contains(#""error":""#))
        }
    }

    private func publish(_ count: Int, _ broker: AMQP.Connection) throws {
        for number in 1...count {
            try broker.publish(
                OutgoingMessage(
                    exchange: Topology.commandExchange, routingKey: Topology.routingKey(for: LeaseIP.name),
                    properties: Properties(
                        contentType: Topology.commandContentType, isPersistent: true, messageID: "burst-\(number)"),
                    body: LeaseIP(holder: "burst").json(), mandatory: true))
            if number.isMultiple(of: 500) { _ = try broker.waitForConfirms(within: .seconds(60)) }
        }
    }

    /// One command, and the first job; what it takes.
    private func begin(_ scene: ComposeScene) throws {
        let start = ContinuousClock.now
        let said = try scene.up()
        let healthy = ContinuousClock.now
        let answer = try scene.ruche("enqueue", "import-batch", "--example", "--wait")
        #expect(answer.contains("succeeded"), "\(answer)")
        print("compose: up in \(healthy - start), images included; first job in \(ContinuousClock.now - healthy) more")
        print("compose: \(said.split(whereSeparator: \.isNewline).first { $0.hasPrefix("healthy after") } ?? "")")

        for (process, containers) in try ComposeScene.processes.map({ ($0, try scene.containers($0)) }) {
            let worker = try #require(containers.first)
            let secrets =
                ["amqp_password", "database_password"] + (ComposeScene.fleet.contains(process) ? ["fleet_key"] : [])
                + (process == "init-server" ? ["fleet_log_broker"] : [])
            let seen = try scene.docker("exec", worker, "ls", "/run/secrets").split(separator: "\n").map(String.init)
            #expect(seen == secrets, "\(process)")
            #expect(throws: TestFailure.self, "\(process)") { try scene.docker("exec", worker, "ruche", "migrate") }
        }

        let images = try scene.docker(
            "images", "--filter", "reference=*:\(scene.project)", "--format", "{{.Repository}} {{.Size}}")
        print("compose, images:\n\(images)")
        let size = try scene.docker("image", "inspect", "--format", "{{.Size}}", "ruche:\(scene.project)")
        #expect(try #require(Int(size.trimmingCharacters(in: .whitespacesAndNewlines))) < 200_000_000)
        let memory = try scene.docker("stats", "--no-stream", "--format", "{{.Name}} {{.MemUsage}}")
        print("compose, memory at rest:\n\(memory)")
        try scene.refuseTheFleet()
    }

    /// As many workers as said, all of them at work; who goes ends well.
    private func scale(_ scene: ComposeScene, to count: Int) throws {
        let begin = Int(Date.now.timeIntervalSince1970)
        try scene.up("--scale", "lease-ip=\(count)")
        #expect(try scene.containers("lease-ip").count == count)
        let broker = try scene.broker()
        defer { broker.close() }
        try eventually("\(count) workers consume") {
            try broker.inspectQueue(Topology.queue(for: LeaseIP.name))?.consumers == count
        }
        let ends = try scene.docker(
            "events", "--since", "\(begin)", "--until", "\(Int(Date.now.timeIntervalSince1970) + 1)",
            "--filter", "event=die", "--filter", "label=com.docker.compose.project=\(scene.project)",
            "--format",
            #"{{index .Actor.Attributes "com.docker.compose.service"}} {{.Actor.Attributes.exitCode}}"#)
        print("compose: scaled to \(count), ends: \(ends.split(separator: "\n"))")
        #expect(ends.split(separator: "\n").filter { $0.hasPrefix("lease-ip") }.allSatisfy { $0 == "lease-ip 0" })
        try scene.awaitProgress()
    }

    /// New passwords for workers at work: the old ones are refused, nobody is started again, and all of them consume.
    private func rotate(_ scene: ComposeScene) throws {
        let workers = try scene.containers("lease-ip")
        let format = ["inspect", "--format", "{{.State.StartedAt}} {{.RestartCount}}"]
        let before = try scene.docker(format + workers)
        let (broker, database) = (try scene.brokerURI("lease-ip"), try scene.databaseSettings("lease-ip"))
        try AMQP.Connection.open(broker, name: "before").close()
        try Postgres.Connection.open(database).close()
        let start = ContinuousClock.now
        try scene.up("--rotate", "lease-ip")
        print("compose: rotated in \(ContinuousClock.now - start)")
        let refused = #expect(throws: AMQPError.self) { try AMQP.Connection.open(broker, name: "old").close() }
        #expect(refused?.code == .authenticationFailed)
        #expect(throws: PostgresError.self) { try Postgres.Connection.open(database).close() }
        let owner = try scene.broker()
        defer { owner.close() }
        try eventually("all of them consume again") {
            try owner.inspectQueue(Topology.queue(for: LeaseIP.name))?.consumers == workers.count
        }
        try scene.awaitProgress()
        #expect(try scene.docker(format + workers) == before)
    }

    /// Each fault twice, in a drawn order, and work goes on after each.
    private func strike(_ scene: ComposeScene, _ seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let faults = (ComposeFault.allCases + ComposeFault.allCases).shuffled(using: &random)
        for fault in faults {
            let start = ContinuousClock.now
            let what = try fault.strike(scene, &random)
            try scene.awaitProgress(100)
            print("compose \(seed): \(what), at work again after \(ContinuousClock.now - start)")
        }
        try scene.awaitHealth()
    }
}
