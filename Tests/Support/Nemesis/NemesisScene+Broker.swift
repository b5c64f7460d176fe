import AMQP
import Contracts
import Foundation
import Glibc
import Postgres
import Runtime

/// What happens to the broker, and to the way there.
extension NemesisScene {
    func strikeBroker(_ action: NemesisAction, _ random: inout SeededRandom) throws -> NemesisAction.Heal {
        switch action {
        case .restartBroker: try ServerControl.run("restart broker")
        case .killBroker:
            try ServerControl.run("kill broker")
            return { try ServerControl.run("start broker") }
        case .memoryAlarm: return try alarm("", &random)
        case .brokerDiskAlarm: return try alarm("disk", &random)
        case .closeConnections: try closeConnections()
        case .deleteQueue: return try deleteQueue()
        case .consumerTimeout: return try timeOutDeliveries()
        case .exhaustConnections: return try exhaustConnections(&random)
        case .delayBroker, .freezeBroker, .halfOpenBroker, .swallowBroker, .cutBroker, .refuseBroker:
            return try strike(broker, action, &random)
        default: throw TestFailure("\(action) does not happen to the broker")
        }
        return {}
    }

    /// The broker takes no messages; felt by whoever publishes.
    private func alarm(_ kind: String, _ random: inout SeededRandom) throws -> NemesisAction.Heal {
        let word = "the broker blocks publishers"
        let before = count(of: word)
        try ServerControl.run("alarm on \(kind)")
        try eventually("somebody hears of the alarm", within: 90) { count(of: word) > before }
        let pause = random.pause(upTo: TestServers.isFull ? 8000 : 500)
        return {
            pause()
            try ServerControl.run("alarm off \(kind)")
        }
    }

    private func closeConnections() throws {
        try eventually("workers are connected", within: 90) { try user.connections >= workers.count }
        try user.closeConnections()
    }

    /// A queue is deleted with nothing in it that the broker has confirmed, and declared again.
    private func deleteQueue() throws -> NemesisAction.Heal {
        producerGate.lock()
        producer.send(SIGSTOP)
        defer {
            producer.send(SIGCONT)
            producerGate.unlock()
        }
        try eventually("whatever is confirmed has its outcome", within: 120) { (try? isSettled()) ?? false }
        let connection = try cluster.broker("nemesis")
        defer { connection.close() }
        _ = try connection.deleteQueue(Topology.queue(for: Cluster.probe))
        let before = producer.count(of: "returned")
        producer.send(SIGCONT)
        try eventually("a command is returned", within: 90) { producer.count(of: "returned") > before }
        return { [self] in try declareQueue() }
    }

    func declareQueue() throws {
        let connection = try cluster.broker("nemesis")
        defer { connection.close() }
        for declaration in Topology.declarations(for: [Cluster.probe]) { try connection.declare(declaration) }
        try connection.makeQueuesLast()
    }

    private func isSettled() throws -> Bool {
        let database = try cluster.database()
        defer { database.close() }
        let rows = try database.query(
            "SELECT id, finished_at IS NOT NULL AND state <> 'w' FROM job WHERE command = 'probe'")
        var ended: Set<String> = []
        for row in 0..<rows.count {
            guard try rows.get(row, 1, as: Bool.self) else { return false }
            ended.insert(try rows.get(row, 0))
        }
        return try confirmed(of: Cluster.probe).isSubset(of: ended)
    }

    /// Deliveries may be held for no longer than a second, and a worker stands still for longer than that.
    private func timeOutDeliveries() throws -> NemesisAction.Heal {
        let normal = 1_800_000
        let heal: NemesisAction.Heal = { [self] in
            try ServerControl.run("consumer-timeout \(normal)")
            try closeConnections()
        }
        try ServerControl.run("consumer-timeout 1000")
        try closeConnections()
        let worker = workers[0]
        let word = "the broker closed a channel"
        let before = worker.count(of: word)
        try eventually("a channel is closed because of a delivery that was held for too long", within: 40) {
            try eventually("the worker has connected", within: 90) { try user.connections >= workers.count }
            worker.send(SIGSTOP)
            usleep(1_600_000)
            worker.send(SIGCONT)
            usleep(200_000)
            return worker.count(of: word) > before
        }
        return heal
    }

    /// The virtual host takes no further connection, and those that are there are closed.
    private func exhaustConnections(_ random: inout SeededRandom) throws -> NemesisAction.Heal {
        try eventually("workers are connected", within: 90) { try user.connections >= workers.count }
        try user.limitConnections(to: 0)
        try user.closeConnections()
        try eventually("nobody is let in", within: 90) {
            do { try cluster.broker("nemesis").close() } catch { return true }
            return false
        }
        random.pause(upTo: TestServers.isFull ? 8000 : 500)()
        return { [self] in try user.limitConnections(to: nil) }
    }

    /// What happens on the way to a server.
    func strike(
        _ proxy: TCPProxy, _ action: NemesisAction, _ random: inout SeededRandom
    ) throws -> NemesisAction.Heal {
        if action.target == .broker {
            // Who has just lost its connection for another reason would hide this one.
            try eventually("workers are connected", within: 90) { try user.connections >= workers.count * 3 }
        } else {
            try eventually("workers have their sessions", within: 90) { proxy.open > workers.count }
        }
        let before = proxy.counts
        let heal: NemesisAction.Heal = { proxy.heal() }
        // Longer than broker and clients bear with each other; with the database longer only when there is time.
        let long = TestServers.isFull && random.next(below: 4) == 0 ? 40_000 : 0
        let pause = random.pause(upTo: TestServers.isFull ? 6000 : 1000)
        switch action {
        case .delayBroker, .delayDatabase:
            proxy.inflict(.delayed(milliseconds: 20 + random.next(below: 200)))
            try eventually("something comes late", within: 90) { proxy.counts.delayed > before.delayed }
        case .freezeBroker, .halfOpenBroker:
            proxy.inflict(action == .freezeBroker ? .frozen : .halfOpen)
            try eventually("clients give up their connections", within: 90) { proxy.counts.accepted > before.accepted }
        case .freezeDatabase, .halfOpenDatabase:
            proxy.inflict(action == .freezeDatabase ? .frozen : .halfOpen)
            try awaitImpatience(since: before)
        case .swallowBroker, .swallowDatabase:
            proxy.inflict(.swallowing)
            try eventually("something is lost on the way", within: 90) { proxy.counts.swallowed > before.swallowed }
        case .cutBroker, .cutDatabase:
            proxy.inflict(.cutting(afterBytes: 1 + random.next(below: 30_000)))
            try eventually("a connection is cut", within: 90) { proxy.counts.ended > before.ended }
        case .refuseBroker:
            proxy.inflict(.refusing)
            proxy.cut()
            try eventually("somebody is hung up on", within: 90) { proxy.counts.accepted > before.accepted }
        case .refuseDatabase:
            let handedBack = count(of: "deliveries are handed back")
            proxy.inflict(.refusing)
            proxy.cut()
            try eventually("a worker holds its deliveries no longer", within: 90) {
                count(of: "deliveries are handed back") > handedBack
            }
        default: throw TestFailure("\(action) does not happen on the way")
        }
        usleep(UInt32(long) * 1000)
        pause()
        return heal
    }
}

extension SeededRandom {
    /// Stays for a drawn time: how long a fault lasts is part of it.
    mutating func pause(upTo milliseconds: Int) -> () -> Void {
        let time = next(below: milliseconds)
        return { usleep(UInt32(time) * 1000) }
    }
}
