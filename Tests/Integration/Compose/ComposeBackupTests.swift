import AMQP
import Books
import Contracts
import Foundation
import TestSupport
import Testing

/// A cluster in containers loses its database under load, and comes back from a backup that is older.
///
/// Runs with `scripts/test --full`, or alone with `scripts/test --filter ComposeBackupTests`.
@Suite(.serialized, .containers) struct ComposeBackupTests {
    @Test func whatABackupLacksIsFoundAndDoneAgain() throws {
        let seed = TestServers.seed(of: "compose backup")
        try withComposeScene { scene in
            try scene.up()
            let events = EventBook(
                queue: "compose.events", commands: ComposeProducer.commands, path: scene.directory + "/events")
            try scene.prepare(events)
            let since = Timestamp.now
            let producer = ComposeProducer(
                try scene.brokerURI("producer"), ledger: scene.directory + "/ledger", seed: seed, rate: 40)
            try scene.awaitProgress()
            let backup = scene.directory + "/backup"
            let start = ContinuousClock.now
            try scene.operate("backup", backup)
            print("compose backup: written in \(ContinuousClock.now - start)")
            try scene.awaitProgress()

            try loseDatabase(scene)
            try producer.stop()
            let begin = ContinuousClock.now
            try scene.up("--only", "postgres")
            try scene.operate("restore", backup)
            print("compose backup: restored in \(ContinuousClock.now - begin)")
            try collect(events, scene)

            let lost = try reconcile(scene, producer, events)
            #expect(lost.count > 100)
            try scene.up()
            try producer.publishAgain(lost, to: scene.brokerURI("producer"))
            let report = try scene.rest(producer, events, since: since)
            print("compose backup \(seed): \(lost.count) lost and done again; \(report.counts)")
            // Subscribers had been told of what was lost: that cannot be taken back.
            let unavoidable: Set<Imbalance.Kind> = [.strangerAnnouncement, .announcementDiffers]
            #expect(report.imbalances.allSatisfy { unavoidable.contains($0.kind) }, "seed \(seed): \(report)")
            #expect(try reconcile(scene, producer, nil, status: 0).isEmpty)
        }
    }

    /// The container and its volume.
    private func loseDatabase(_ scene: ComposeScene) throws {
        let database = try #require(scene.containers("postgres").first)
        try scene.docker("rm", "--force", database)
        for process in ComposeScene.processes {
            for container in try scene.containers(process) { try scene.docker("stop", container) }
        }
        try scene.docker("volume", "rm", "\(scene.project)_postgres-data")
    }

    private func collect(_ events: EventBook, _ scene: ComposeScene) throws {
        let broker = try scene.broker()
        defer { broker.close() }
        try events.collect(from: broker)
    }

    /// What is lost, as `ruche reconcile` says it from what the producer and a subscriber kept.
    private func reconcile(
        _ scene: ComposeScene, _ producer: ComposeProducer, _ events: EventBook?, status: Int32 = 8
    ) throws -> [String] {
        var words = ["reconcile", "--ledger", producer.ledger, "--limit", "1000000", "--json"]
        if let events { words += ["--events", events.path] }
        let said = try FinishedProcess(
            path: TestServers.require().binaries + "/ruche", arguments: words,
            environment: [
                "PATH": "/usr/bin:/bin", "AMQP_URL": scene.brokerURL("operator"),
                "DATABASE_URL": scene.databaseURL("operator"),
            ])
        #expect(said.status == status, "\(said.errors)")
        let report = try #require(
            JSONSerialization.jsonObject(with: Data(said.output.utf8)) as? [String: Any], "\(said.output)")
        for finding in report["findings"] as? [[String: String]] ?? [] {
            print("compose backup: \(finding["verdict"] ?? "") \(finding["what"] ?? ""): \(finding["found"] ?? "")")
        }
        let commands = try #require(report["commands"] as? [[String: String]])
        let lost = commands.filter { $0["kind"] == "lost" }.compactMap { $0["id"] }
        #expect(lost.count == report["lost"] as? Int)
        return lost
    }
}
