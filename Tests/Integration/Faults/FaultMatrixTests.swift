import Contracts
import Foundation
import Runtime
import TestSupport
import Testing

/// The promise at every arrow of the flow: before it and after it a process is killed, stands still, or meets what can
/// go wrong there.
@Suite(.servers) struct FaultMatrixTests {
    @Test func whateverFailsAtAnyArrowTheBooksBalance() throws {
        let threads = [FaultPoint.consumerThread, .publisherThread].map {
            FaultCell(process: .worker, fault: PlannedFault($0, .before, .hang))
        }
        let cells = FaultCell.all(PlannedFault.Action.allCases)
        #expect(cells.count == 19 * 2 * 3)
        #expect(Set(cells.map(\.fault.point) + threads.map(\.fault.point)) == Set(FaultPoint.allCases))
        // The slowest first, so that the lanes end together.
        let slow = threads + cells.filter { $0.fault.action == .hang }
        let failures = try FaultLanes(slow + cells.filter { $0.fault.action != .hang }, lanes: 10).run()
        #expect(failures == [])
    }
}

/// Runs cells side by side, each lane in a cluster of its own: a cell mostly waits.
final class FaultLanes: Sendable {
    private struct State {
        var cells: [FaultCell]
        var failures: [String] = []
    }

    private let state: SharedBox<State>
    private let lanes: Int

    init(_ cells: [FaultCell], lanes: Int) {
        state = SharedBox(State(cells: cells.reversed()))
        self.lanes = lanes
    }

    /// Returns what failed, by cell.
    func run() throws -> [String] {
        let servers = try TestServers.require()
        let threads = (0..<lanes).map { lane in
            TestThread { [self] in
                // A third of the lanes begin with the relay's cells, and help the others afterwards.
                let preferred: Set<FaultCell.Process> = lane % 3 == 0 ? [.relay] : [.worker, .long, .producer]
                while let cell = take(preferred) { run(from: cell, preferred, servers) }
            }
        }
        for thread in threads { thread.join() }
        return state.withLock { $0.failures }
    }

    private func take(_ preferred: Set<FaultCell.Process>) -> FaultCell? {
        state.withLock { state in
            guard
                let place = state.cells.lastIndex(where: { preferred.contains($0.process) })
                    ?? state.cells.indices.last
            else { return nil }
            return state.cells.remove(at: place)
        }
    }

    /// Runs cells in one cluster until one fails, or needs another relay.
    private func run(from first: FaultCell, _ preferred: Set<FaultCell.Process>, _ servers: TestServers) {
        var cell: FaultCell? = first
        do {
            try withCluster(on: servers) { cluster in
                let scene = try FaultScene(cluster)
                var relay: RunningProcess?
                while let current = cell {
                    // The relay's own cells have no other relay beside them.
                    if current.process == .relay, let other = relay {
                        try FaultCell.stop(other)
                        relay = nil
                    } else if current.process != .relay, relay == nil {
                        relay = try cluster.start("relay")
                    }
                    let problems = try current.run(in: scene)
                    guard problems.isEmpty else {
                        return state.withLock { $0.failures += problems.map { "\(current): \($0)" } }
                    }
                    cell = take(preferred)
                }
            }
        } catch {
            let name = cell.map { "\($0)" } ?? ""
            state.withLock { $0.failures.append("\(name): \(error)") }
        }
    }
}
