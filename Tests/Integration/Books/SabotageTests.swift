import AMQP
import Books
import Contracts
import Foundation
import Postgres
import Runtime
import TestSupport
import Testing

/// The promise broken on purpose: whoever checks the books finds it, and finds nothing when nobody
/// breaks it.
@Suite(.servers) struct SabotageTests {
    /// A way to break the promise, what brings it to light, and what the books say then.
    struct Scenario: Sendable, CustomTestStringConvertible {
        let sabotage: Sabotage
        let process: FaultCell.Process
        /// Where the saboteur dies, or loses its connection, so that it cannot make good what it has done.
        let fault: PlannedFault?
        /// What is found, and nothing else.
        let found: Set<Imbalance.Kind>

        var testDescription: String { sabotage.rawValue }
    }

    static let scenarios: [Scenario] = [
        Scenario(
            sabotage: .ackBeforeCommit, process: .worker, fault: PlannedFault(.commit, .before, .kill), found: [.lost]),
        Scenario(
            sabotage: .noAdmission, process: .worker, fault: PlannedFault(.ack, .before, .kill),
            found: [.endedAgain, .effectTwice]),
        Scenario(
            sabotage: .effectOutside, process: .worker, fault: PlannedFault(.commit, .before, .kill),
            found: [.effectTwice]),
        Scenario(
            sabotage: .eventNotInOutbox, process: .worker, fault: PlannedFault(.eventPublish, .before, .error),
            found: [.notAnnounced]),
        Scenario(
            sabotage: .markBeforeConfirm, process: .worker, fault: PlannedFault(.eventPublish, .before, .error),
            found: [.notAnnounced]),
        Scenario(
            sabotage: .newEventID, process: .worker, fault: PlannedFault(.ack, .before, .kill),
            found: [.strangerAnnouncement]),
        Scenario(
            sabotage: .noSoloCount, process: .worker, fault: nil, found: [.undecided, .leftInQueue]),
        Scenario(sabotage: .relayForgets, process: .relay, fault: nil, found: [.notAnnounced]),
        Scenario(
            sabotage: .scheduleForgetsFirst, process: .relay, fault: PlannedFault(.scheduleMove, .before, .kill),
            found: [.undecided]),
        Scenario(
            sabotage: .deadLettersAckFirst, process: .relay, fault: PlannedFault(.deadLetterMove, .before, .kill),
            found: [.lost]),
    ]

    @Test func everySabotageHasItsScenario() {
        #expect(Set(Self.scenarios.map(\.sabotage)) == Set(Sabotage.allCases))
    }

    @Test(arguments: scenarios)
    func theCheckerFindsItAndNothingWithoutIt(scenario: Scenario) throws {
        let (balanced, broken) = try #require(try Self.results.get()[scenario.sabotage]).get()
        #expect(balanced == [])
        #expect(broken == scenario.found)
    }

    /// What is found of each scenario, without the sabotage and with it, in one cluster. They run side by side: mostly
    /// they wait.
    private static let results = Result { () throws -> [Sabotage: Result<(Found, Found), any Error>] in
        let servers = try TestServers.require()
        let open = SharedBox(scenarios)
        let results = SharedBox([Sabotage: Result<(Found, Found), any Error>]())
        let threads = (1...5).map { _ in
            TestThread {
                while let scenario = open.withLock({ $0.popLast() }) {
                    let result = Result { () throws -> (Found, Found) in
                        try withCluster(on: servers) { cluster in
                            let scene = try FaultScene(cluster)
                            return (
                                try imbalances(of: scenario, isSabotaged: false, scene),
                                try imbalances(of: scenario, isSabotaged: true, scene)
                            )
                        }
                    }
                    results.withLock { $0[scenario.sabotage] = result }
                }
            }
        }
        for thread in threads { thread.join() }
        return results.withLock { $0 }
    }

    private typealias Found = Set<Imbalance.Kind>

    /// What is found when all is at rest.
    private static func imbalances(
        of scenario: Scenario, isSabotaged: Bool, _ scene: FaultScene
    ) throws -> Set<Imbalance.Kind> {
        // Whoever dies is a user of its own: the broker tells at once when nobody is connected as that user.
        let mortal = try OutageUser(scene.cluster)
        defer { mortal.remove() }
        var environment = FaultCell.unlimited
        environment["AMQP_URL"] = mortal.amqpURL
        if isSabotaged { environment["RUCHE_SABOTAGE"] = scenario.sabotage.rawValue }
        if let fault = scenario.fault { environment["RUCHE_FAULT"] = "\(fault)" }
        let run = Run(scene: scene, name: isSabotaged ? "broken" : "whole", mortal: mortal, environment: environment)
        switch (scenario.sabotage, scenario.process) {
        case (.noSoloCount, _): try run.killAgainAndAgain()
        case (_, .relay): try run.failRelay(scenario)
        default: try run.failWorker(scenario)
        }
        try run.settle()
        return Set(try scene.imbalances().map(\.kind))
    }
}

/// One passage through a scenario.
private struct Run {
    let scene: FaultScene
    /// In every id, so that two runs in one cluster do not meet.
    let name: String
    let mortal: OutageUser
    let environment: [String: String]

    /// The saboteur takes commands that all succeed at once, beside one that takes a while.
    func failWorker(_ scenario: SabotageTests.Scenario) throws {
        let saboteur = try scene.cluster.start("ProbeWorker", environment)
        _ = try scene.occupy(saboteur, name)
        try scene.publish(orders(act: "succeed"))
        try saboteur.waitForLine(containing: "fault hit")
        guard scenario.fault?.action == .kill else { return try FaultCell.stop(saboteur) }
        try end(saboteur)
    }

    func failRelay(_ scenario: SabotageTests.Scenario) throws {
        let cluster = scene.cluster
        let orders = orders(act: scenario.sabotage == .scheduleForgetsFirst ? "recover" : "succeed")
        try scene.publish(orders)
        switch scenario.sabotage {
        case .relayForgets:
            let worker = try cluster.start(
                "ProbeWorker",
                ["AMQP_URL": mortal.amqpURL, "RUCHE_FAULT": "event-publish:before:error"])
            try worker.waitForLine(containing: "fault hit")
            try FaultCell.stop(worker)
        case .scheduleForgetsFirst:
            let worker = try cluster.start("ProbeWorker")
            try eventually("they wait in the schedule") {
                try scene.number("SELECT count(*) FROM schedule WHERE command = 'probe'") == orders.count
            }
            try FaultCell.stop(worker)
        default: try QueueLog(cluster).receive(orders.count, .discard)
        }
        try scene.hurry()
        let saboteur = try cluster.start("relay", environment)
        guard scenario.fault != nil else {
            try eventually("nothing waits") { try scene.isEmpty() }
            return try FaultCell.stop(saboteur)
        }
        try saboteur.waitForLine(containing: "fault hit")
        try end(saboteur)
    }

    /// A command kills every process that takes it, until one buries it or seven have died.
    func killAgainAndAgain() throws {
        try scene.publish([
            FaultScene.Order(
                id: "\(name) killer", body: Cluster.probe("die"), endings: [.dead], headers: ["x-delivery-count": 1])
        ])
        for _ in 1...7 {
            let worker = try scene.cluster.start("ProbeWorker", environment)
            try eventually("it dies, or buries its killer") {
                try !worker.isRunning || isBuried()
            }
            guard !worker.isRunning else { return try FaultCell.stop(worker) }
            try forget()
        }
    }

    private func isBuried() throws -> Bool {
        try scene.number("SELECT count(*) FROM job WHERE id = \("\(name) killer") AND state = 'd'") == 1
    }

    /// Whoever is well does what is left: until the last command has come through, and nothing waits.
    func settle() throws {
        // A broken build is broken in every process.
        let heirs = environment.filter { $0.key != "RUCHE_FAULT" && $0.key != "AMQP_URL" }
        let relay = try scene.cluster.start("relay", heirs)
        // A command that kills its workers must not meet this one.
        let isPoisoned = try scene.number("SELECT count(*) FROM job_key WHERE state = 'x'") > 0
        if !isPoisoned {
            let worker = try scene.cluster.start("ProbeWorker", heirs)
            let last = FaultScene.Order(id: "\(name) last", body: Cluster.probe("succeed"), endings: [.succeeded])
            try scene.publish([last])
            try scene.rest([last])
            try FaultCell.stop(worker)
            // What it handed back, or what came of it, is somebody's still.
            try eventually("nothing waits") {
                try scene.hurry()
                return try scene.isEmpty()
            }
        }
        try FaultCell.stop(relay)
    }

    /// Waits until a process that was killed is dead, and until the broker knows.
    private func end(_ process: RunningProcess) throws {
        guard FaultCell.end(of: process, within: 30) == 128 + SIGKILL else { throw TestFailure("it was not killed") }
        try forget()
    }

    /// Waits until the broker has noticed that a process is gone, and hands out again what it held.
    private func forget() throws {
        try eventually("the broker notices") { try mortal.connections == 0 }
    }

    private func orders(act: String) -> [FaultScene.Order] {
        (0..<3).map { number in
            FaultScene.Order(
                id: "\(name) \(number)", body: Cluster.probe(act, lane: "\(name) \(number)"), endings: [.succeeded])
        }
    }
}
