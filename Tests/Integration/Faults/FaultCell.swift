import AMQP
import Contracts
import Foundation
import Runtime
import TestSupport

/// One place of the flow, one side of it, one way to fail there, and the process that does.
struct FaultCell: Sendable, CustomStringConvertible {
    /// Whose part of the flow fails.
    enum Process: String, Sendable { case producer, worker, long, relay }

    let process: Process
    let fault: PlannedFault

    var description: String { "\(process.rawValue) \(fault)" }

    /// Every arrow of the flow, with each process that goes along it.
    static let arrows: [(process: Process, point: FaultPoint)] = [
        (.producer, .publish), (.producer, .confirm),
        (.worker, .deliver), (.worker, .decode), (.worker, .admit), (.worker, .effect), (.worker, .commit),
        (.worker, .ack), (.worker, .eventPublish), (.worker, .eventConfirm), (.worker, .mark),
        (.long, .runBegin), (.long, .runEnd),
        (.relay, .eventPublish), (.relay, .eventConfirm), (.relay, .mark),
        (.relay, .scheduleMove), (.relay, .deadLetterMove), (.relay, .runRescue),
    ]

    /// Every arrow, before and after it, in these ways.
    static func all(_ actions: [PlannedFault.Action]) -> [FaultCell] {
        arrows.flatMap { arrow in
            PlannedFault.Moment.allCases.flatMap { moment in
                actions.map {
                    FaultCell(process: arrow.process, fault: PlannedFault(arrow.point, moment, $0))
                }
            }
        }
    }

    /// Runs it: the process fails, is started again without the fault, and everything comes to rest.
    ///
    /// - Returns: what is wrong then, a line each.
    func run(in scene: FaultScene) throws -> [String] {
        switch process {
        case .producer: try runProducer(scene)
        case .worker: try runWorker(scene)
        case .long: try runLong(scene)
        case .relay: try runRelay(scene)
        }
        return try scene.imbalances().map { "\($0)" }
    }

    private func runProducer(_ scene: FaultScene) throws {
        let cluster = scene.cluster
        let orders = (0..<4).map { number in
            let id = "\(self) \(number)"
            let refused = number == 3
            var lease = LeaseIP(holder: id)
            lease.prefix = refused ? "192.0.2.0/24" : nil
            return FaultScene.Order(
                id: id, body: lease.json(), endings: refused ? [.refused] : [.succeeded], command: LeaseIP.name)
        }
        let stem = "\(cluster.directory)/\(fault)"
        let lines = orders.map { #"{"id":"\#($0.id)","payload":\#(String(decoding: $0.body, as: UTF8.self))}"# }
        try (lines.joined(separator: "\n") + "\n").write(toFile: stem, atomically: true, encoding: .utf8)
        let numbers = try scene.intend(orders)
        let arguments = ["enqueue", "lease-ip", "--ndjson", "-f", stem, "--journal", "\(stem).journal"]
        let worker = try cluster.start("lease-ip")
        let first = try cluster.launch("ruche", environment, arguments: arguments)
        try meet(first)
        // A connection that broke is made anew in the same run; what a run cannot mend is for the next.
        guard let code = Self.end(of: first, within: 90) else {
            throw TestFailure("the first run does not end:\n\(first.output)")
        }
        guard code != 0 else { return try finish() }
        let second = try cluster.launch("ruche", arguments: arguments)
        guard Self.end(of: second, within: 60) == 0 else { throw TestFailure("the second run:\n\(second.output)") }
        try finish()

        func finish() throws {
            try scene.confirm(numbers)
            try scene.rest(orders)
            try scene.stop(worker, "lease-ip", [:], orders)
        }
    }

    private func runWorker(_ scene: FaultScene) throws {
        let mixture = FaultScene.mixture("\(self)")
        var worker = try scene.cluster.start("ProbeWorker", environment)
        let orders = [try scene.occupy(worker, "\(self)")] + mixture
        try scene.publish(mixture)
        try meet(worker)
        if fault.action != .error { worker = try scene.cluster.start("ProbeWorker", Self.unlimited) }
        try scene.rest(orders)
        try scene.stop(worker, "ProbeWorker", Self.unlimited, orders)
    }

    private func runLong(_ scene: FaultScene) throws {
        let orders = FaultScene.longMixture("\(self)")
        var worker = try scene.cluster.start("ProbeWorker", environment.merging(Self.long) { $1 })
        try scene.publish(orders)
        try meet(worker)
        if fault.action != .error { worker = try scene.cluster.start("ProbeWorker", Self.long) }
        try scene.rest(orders)
        try scene.stop(worker, "ProbeWorker", Self.long, orders)
    }

    private func runRelay(_ scene: FaultScene) throws {
        let cluster = scene.cluster
        let isLong = fault.point == .runRescue
        let orders = isLong ? FaultScene.longMixture("\(self)") : FaultScene.mixture("\(self)")
        let changes = isLong ? Self.long : Self.unlimited
        var relay: RunningProcess?
        switch fault.point {
        case .runRescue:
            // What it leaves that it has claimed.
            let worker = try cluster.start(
                "ProbeWorker", Self.long.merging(["RUCHE_FAULT": "run-end:before:kill"]) { $1 })
            try scene.publish(orders)
            _ = Self.end(of: worker, within: 30)
        case .scheduleMove: relay = try cluster.start("relay", environment)
        case .deadLetterMove:
            try scene.publish(orders)
            let queue = try QueueLog(cluster)
            try queue.receive(orders.count, .discard)
        default:
            // What a worker leaves that dies between its commit and the broker.
            let worker = try cluster.start(
                "ProbeWorker", Self.unlimited.merging(["RUCHE_FAULT": "event-publish:before:kill"]) { $1 })
            try scene.publish(orders)
            _ = Self.end(of: worker, within: 30)
            try scene.hurry()
        }
        if fault.point == .scheduleMove { try scene.publish(orders) }
        let worker = try cluster.start("ProbeWorker", changes)
        var current = try relay ?? cluster.start("relay", environment)
        try meet(current)
        if fault.action != .error { current = try cluster.start("relay") }
        try scene.rest(orders)
        try scene.stop(worker, "ProbeWorker", changes, orders)
        try Self.stop(current)
    }

    /// Waits until the fault was hit, and for what follows from it.
    private func meet(_ failing: RunningProcess) throws {
        try failing.waitForLine(containing: "fault hit: \(planned)\n")
        switch fault.action {
        case .error: return
        case .kill:
            guard Self.end(of: failing, within: 30) == 128 + SIGKILL else { throw TestFailure("it was not killed") }
        case .hang:
            // Nobody ends it but itself.
            let code = Self.end(of: failing, within: 60)
            guard code == (process == .producer ? 75 : EX_SOFTWARE) else {
                throw TestFailure(
                    "it stood still and ended with \(code.map(String.init) ?? "nothing"):\n\(failing.output)")
            }
        }
    }

    /// A worker without a cap on its commands: it has two batches in hand, as the shipped ones do.
    static let unlimited = ["PROBE_CAP": "none"]

    /// A worker of long commands, three at a time, with a lease that a test can wait for.
    static let long = ["PROBE_LONG": "1", "RUN_LEASE": "1s", "CONCURRENCY": "3"]

    /// The fault as the process is told of it. What a batch passes before its handler is at work fails for the second
    /// one, beside a first that is being worked on.
    private var planned: PlannedFault {
        let isEarly =
            switch fault.point {
            case .deliver, .decode, .admit: true
            case .effect: fault.moment == .before
            default: false
            }
        guard process == .worker, isEarly else { return fault }
        return PlannedFault(fault.point, fault.moment, fault.action, nth: 2)
    }

    private var environment: [String: String] {
        var changes = Self.unlimited
        changes["RUCHE_FAULT"] = "\(planned)"
        // Only what is to stand still is impatient: a slow machine is no hang.
        if fault.action == .hang { changes["LIVENESS_PATIENCE"] = "3s" }
        return changes
    }

    /// Stops a process that is well; what it says then is part of the promise.
    static func stop(_ process: RunningProcess) throws {
        guard process.isRunning else { throw TestFailure("it has ended by itself:\n\(process.output.suffix(3000))") }
        process.send(SIGTERM)
        guard end(of: process, within: 40) == 0 else {
            throw TestFailure("it did not stop well:\n\(process.output.suffix(3000))")
        }
    }

    /// The exit code, or the signal plus 128; `nil` when it does not end in time.
    static func end(of process: RunningProcess, within seconds: Double) -> Int32? {
        try? eventually("it ends", within: seconds) { !process.isRunning }
        return process.isRunning ? nil : process.waitForExit()
    }
}
