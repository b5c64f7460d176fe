import Foundation
import Glibc
import Postgres

/// A drawn order of bad things: one after the other to each target, to different targets at the same time.
package struct NemesisRun: Sendable {
    /// What was not felt, or could not be mended.
    package struct Failure: Sendable, CustomStringConvertible {
        let action: NemesisAction
        let error: String
        package var description: String { "\(action): \(error)" }
    }

    /// What becomes of a run.
    private struct Record {
        var felt: [NemesisAction: Int] = [:]
        var failures: [Failure] = []
    }

    private let scene: NemesisScene
    private let lanes: [[NemesisAction]]
    private let seed: UInt64
    private let begin = ContinuousClock.now

    /// Draws a run from the scene's seed.
    ///
    /// - Parameter rounds: how often each thing happens that can happen here.
    package init(_ scene: NemesisScene, rounds: Int = 1) {
        self.scene = scene
        seed = scene.seed
        var random = SeededRandom(seed: scene.seed)
        lanes = NemesisAction.Target.allCases.map { target in
            let possible = NemesisAction.allCases.filter { $0.target == target && $0.isPossible(in: scene) }
            return (0..<rounds).flatMap { _ in possible.shuffled(using: &random) }
        }
        for (target, lane) in zip(NemesisAction.Target.allCases, lanes) {
            print("nemesis \(seed), \(target): \(lane.map(\.rawValue).joined(separator: " "))")
        }
    }

    /// Lets it happen. What was not felt because of something else that happened at the same time happens once more,
    /// alone. Returns what was felt, how often; and what still was not.
    package func run() throws -> (felt: [NemesisAction: Int], failures: [Failure]) {
        let record = SharedBox(Record())
        let threads = lanes.enumerated().map { number, lane in
            TestThread { [self] in
                for (place, action) in lane.enumerated() {
                    strike(action, SeededRandom(seed: seed &+ UInt64(number * 1000 + place)), record)
                }
            }
        }
        for thread in threads { thread.join() }
        for failure in record.withLock({ $0.failures }) {
            say("once more, alone: \(failure.action)")
            try scene.heal()
            record.withLock { $0.failures.removeAll { $0.action == failure.action } }
            strike(failure.action, SeededRandom(seed: seed), record)
        }
        try scene.heal()
        return record.withLock { ($0.felt, $0.failures) }
    }

    private func strike(_ action: NemesisAction, _ drawn: SeededRandom, _ record: SharedBox<Record>) {
        var random = drawn
        let start = ContinuousClock.now
        do {
            try action.begin(in: scene, &random)()
            record.withLock { $0.felt[action, default: 0] += 1 }
            say("\(action) \(Self.text(start, .now)) s")
        } catch {
            say("\(action) \(Self.text(start, .now)) s: \(error)")
            try? scene.mend(action.target)
            record.withLock { $0.failures.append(Failure(action: action, error: "\(error)")) }
        }
    }

    private func say(_ text: String) {
        print("nemesis \(seed), \(Self.text(begin, .now)) s: \(text)")
        // A run that hangs or is ended says how far it came.
        fflush(nil)
    }

    private static func text(_ start: ContinuousClock.Instant, _ end: ContinuousClock.Instant) -> String {
        String(format: "%.1f", (end - start) / .seconds(1))
    }
}

extension NemesisScene {
    /// Mends everything, whatever happened.
    package func heal() throws { for target in NemesisAction.Target.allCases { try mend(target) } }

    /// Mends everything that can be wrong with a target.
    func mend(_ target: NemesisAction.Target) throws {
        switch target {
        case .broker:
            broker.heal()
            try ServerControl.run("start broker")
            for kind in ["", "disk"] { try ServerControl.run("alarm off \(kind)") }
            try ServerControl.run("consumer-timeout 1800000")
            try user.limitConnections(to: nil)
            try declareQueue()
        case .database:
            database.heal()
            server?.freeDisk()
            try control("start")
            try wakeSessions()
        case .processes:
            for process in processes { process.send(SIGCONT) }
            for number in 0...workers.count { _ = try step(clock: number, by: 0) }
        }
    }

    private func wakeSessions() throws {
        let connection = try cluster.database()
        defer { connection.close() }
        let rows = try connection.query("SELECT pid FROM pg_stat_activity WHERE datname = current_database()")
        for row in 0..<rows.count { kill(try rows.get(row, 0, as: Int32.self), SIGCONT) }
    }
}
