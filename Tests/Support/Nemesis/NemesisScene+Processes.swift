import Foundation
import Glibc

/// What happens to processes.
extension NemesisScene {
    func strikeProcess(_ action: NemesisAction, _ random: inout SeededRandom) throws -> NemesisAction.Heal {
        let worker = workers[random.next(below: workers.count)]
        let isProducers = action == .killProducer || action == .freezeProducer
        if isProducers { producerGate.lock() }
        defer { if isProducers { producerGate.unlock() } }
        switch action {
        case .killWorker: try kill(worker)
        case .killRelay: try kill(relay)
        case .killProducer: try kill(producer)
        case .freezeWorker: try freeze(worker, &random)
        case .freezeRelay: try freeze(relay, &random)
        case .freezeProducer: try freeze(producer, &random)
        case .drainWorker: try drain(worker)
        case .drainRelay: try drain(relay)
        case .stepClock:
            let number = random.next(below: workers.count + 1)
            let steps = [-172_800, -86_400, -3600, -30, 30, 3600, 86_400, 172_800]
            // A retry is due by the clock of the worker that asks for it: one that is ahead would have it wait as long.
            let seconds = steps[random.next(below: number < 2 ? 4 : 8)]
            guard try step(clock: number, by: seconds) else { throw TestFailure("no clock can be set") }
            try awaitClock(of: (workers + [relay])[number], ahead: seconds)
            random.pause(upTo: 1500)()
            return { [self] in _ = try step(clock: number, by: 0) }
        default: throw TestFailure("\(action) does not happen to a process")
        }
        return {}
    }

    private func kill(_ process: Supervised) throws {
        try eventually("\(process.executable) runs", within: 90) { process.id != nil }
        let before = process.starts
        process.kill()
        try eventually("\(process.executable) is started again", within: 90) { process.starts > before }
    }

    /// Stands still for longer than the broker waits for heartbeats, so that it has to connect again, and for longer
    /// than a batch of the tests' own workers may take and their sessions may be idle.
    private func freeze(_ process: Supervised, _ random: inout SeededRandom) throws {
        let word = "connected to the broker"
        let before = process.count(of: word)
        process.send(SIGSTOP)
        let isLong = TestServers.isFull && random.next(below: 4) == 0
        // The broker gives up between two and three heartbeats after the last one.
        usleep(UInt32(isLong ? 40_000 : Self.heartbeat * 3000 + 500 + random.next(below: 500)) * 1000)
        process.send(SIGCONT)
        try eventually("\(process.executable) connects again", within: 60) { process.count(of: word) > before }
    }

    private func drain(_ process: Supervised) throws {
        let end = try process.drain()
        // One that has only just been started does not hear of it: the signal ends it.
        guard [0, 128 + SIGTERM].contains(end.status) else {
            throw TestFailure("\(process.executable) ended with \(end.status)")
        }
    }
}
