import AMQP
import Contracts
import Foundation
import Postgres
import TestSupport
import Testing

/// The broker runs out of memory: it takes no more messages from anyone until it has some again.
@Suite(
    "While the broker has a memory alarm", .servers,
    .enabled(if: ServerControl.command != nil || TestServers.isCI, "needs the servers of scripts/test"))
struct AMQPBlockedTests {
    /// The alarm is the whole broker's: whatever happens in `body`, it ends.
    private func withAlarm(_ body: () throws -> Void) throws {
        defer {
            do { try ServerControl.run("alarm off") } catch { Issue.record(error) }
        }
        try ServerControl.run("alarm on")
        try body()
    }

    private func message(_ token: UInt64, to queue: String) -> OutgoingMessage {
        OutgoingMessage(
            exchange: "", routingKey: queue, properties: Properties(isPersistent: true, messageID: "m\(token)"),
            body: [UInt8](repeating: 1, count: 100), token: token)
    }

    private func isBlocked(_ event: AMQPEvent) -> Bool { if case .blocked = event { true } else { false } }
    private func isUnblocked(_ event: AMQPEvent) -> Bool { if case .unblocked = event { true } else { false } }

    @Test("a publisher says so, keeps its connection, and has everything confirmed afterwards: nothing lost")
    func hold() throws {
        try withQueue { connection, queue in
            let log = ConnectionLog()
            let publisher = Publisher(
                uri: try brokerURI("heartbeat=1"), name: "ruche-tests", window: 64, onEvent: log.add)
            publisher.start()
            defer { publisher.close(within: .seconds(2)) }
            publisher.publish([message(1, to: queue)])
            #expect(publisher.reports(1) == [PublishReport(token: 1, outcome: .confirmed)])
            var early: [PublishReport] = []
            try withAlarm {
                publisher.publish((2...500).map { message($0, to: queue) })
                log.wait(for: "blocked", isBlocked)
                #expect(publisher.status.blocked?.contains("memory") == true)
                // Heartbeats of both sides go on for longer than either would forgive.
                let start = try #require(publisher.status.lastFrameAt)
                try eventually("the broker's heartbeats come") {
                    try #require(publisher.status.lastFrameAt) - start > .seconds(4)
                }
                early = publisher.drainReports()
                #expect(early.count < 499 && publisher.backlog == 499 - early.count)
                #expect(publisher.status.connected && publisher.status.blocked != nil)
            }
            log.wait(for: "unblocked", isUnblocked)
            let reports = early + publisher.reports(499 - early.count)
            #expect(Set(reports.map(\.token)) == Set(2...500) && reports.count == 499)
            #expect(reports.allSatisfy { $0.outcome == .confirmed })
            #expect(publisher.status.blocked == nil && publisher.status.reconnects == 0)
            #expect(try connection.ready(queue, 500) == 500, "each once")
        }
    }

    @Test("a publisher that is to give up does so at once, and publishes again afterwards")
    func giveUp() throws {
        try withQueue { _, queue in
            let log = ConnectionLog()
            let publisher = Publisher(
                uri: try brokerURI(), name: "ruche-tests", whenUnavailable: .giveUp, onEvent: log.add)
            publisher.start()
            defer { publisher.close(within: .seconds(2)) }
            log.waitConnected()
            publisher.publish([message(1, to: queue)])
            #expect(publisher.reports(1).map(\.outcome) == [.confirmed])
            try withAlarm {
                // The broker says it to who publishes, not before; what its connection took just before it heard of the
                // alarm itself is no reason to say it.
                var token: UInt64 = 10
                try eventually("the broker says that it takes nothing") {
                    token += 1
                    publisher.publish([message(token, to: queue)])
                    return log.count(isBlocked) > 0
                }
                publisher.publish([message(3, to: queue)])
                try eventually("the message that came too late is given up") {
                    publisher.drainReports().contains(PublishReport(token: 3, outcome: .unknown))
                }
            }
            log.wait(for: "unblocked", isUnblocked)
            publisher.publish([message(4, to: queue)])
            try eventually("the next one is confirmed") {
                publisher.drainReports().contains(PublishReport(token: 4, outcome: .confirmed))
            }
            #expect(publisher.status.reconnects == 0 && publisher.backlog == 0)
        }
    }

    @Test("a publisher closes in time and reports what it still had")
    func close() throws {
        try withQueue { _, queue in
            let log = ConnectionLog()
            let publisher = Publisher(uri: try brokerURI(), name: "ruche-tests", window: 10, onEvent: log.add)
            publisher.start()
            log.waitConnected()
            try withAlarm {
                publisher.publish((1...100).map { message($0, to: queue) })
                log.wait(for: "blocked", isBlocked)
                let start = ContinuousClock.now
                publisher.close(within: .milliseconds(500))
                #expect(ContinuousClock.now - start < .seconds(10))
                let reports = publisher.drainReports()
                #expect(Set(reports.map(\.token)) == Set(1...100) && reports.count == 100)
                #expect(reports.count { $0.outcome == .unknown } >= 90)
            }
        }
    }

    @Test("a synchronous connection says why nothing is confirmed, and has it confirmed afterwards")
    func connection() throws {
        try withQueue { connection, queue in
            #expect(connection.blocked == nil)
            var last: UInt64 = 0
            try withAlarm {
                try eventually("the broker says it") {
                    last += 1
                    try connection.publish(message(last, to: queue))
                    _ = try connection.receive(within: .milliseconds(20))
                    return connection.blocked?.contains("memory") == true
                }
            }
            let reports = try connection.waitForConfirms(within: .seconds(20))
            #expect(Set(reports.map(\.token)) == Set(1...last) && reports.allSatisfy { $0.outcome == .confirmed })
            try eventually("the broker says that it is over") {
                _ = try connection.receive(within: .milliseconds(20))
                return connection.blocked == nil
            }
            #expect(try connection.ready(queue, Int(last)) == Int(last))
        }
    }

    @Test("a worker lives and works on; every command has its one outcome, and its event when the alarm is over")
    func worker() throws {
        let commands = 200
        try withCluster { cluster in
            try cluster.prepareProbe()
            let events = try subscribe(in: cluster)
            let load = try Load(cluster)
            func publish(_ numbers: Range<Int>) throws {
                for number in numbers {
                    let body = Cluster.probe("slow", lane: "\(number)", milliseconds: 5)
                    try load.publish(Cluster.probe, id: "job-\(number)", body: body)
                }
                try load.settle()
            }
            try publish(0..<5)
            let relay = try cluster.start("relay")
            let worker = try cluster.start("ProbeWorker", ["PREFETCH": "4"])
            try eventually("some commands are done") { try cluster.effects().rows == 5 }
            // The rest has to be there before the alarm, which comes when it comes: an operator keeps it for later. A
            // worker that has done everything publishes nothing, and hears nothing of the alarm.
            try pause(true, in: cluster)
            try worker.waitForLine(containing: "paused by an operator")
            try publish(5..<commands)
            try withAlarm {
                try pause(false, in: cluster)
                try worker.waitForLine(containing: "the broker blocks publishers")
                // Deliveries and acknowledgements go on; only what is published waits. It holds for who comes now, too.
                let late = try cluster.start("ProbeWorker", ["PREFETCH": "4", "SHUTDOWN_GRACE": "1h"])
                try eventually("every command is done") { try cluster.effects().rows == commands }
                #expect(try worker.get("livez").status == 200)
                #expect(try worker.get("readyz").status == 200, "it works")
                #expect(try worker.get("metrics").body.contains("ruche_broker_blocked 1"))
                // No confirm can come, so none is waited for.
                late.send(SIGTERM)
                try eventually("it stops") { !late.isRunning }
                #expect(late.terminate() == 0)
                try eventually("their events wait in the outbox") {
                    let books = try Rest(cluster, commands: [Cluster.probe])
                    return books.endings == ["s": commands] && books.queued == 0 && books.outbox > 0
                }
            }
            try worker.waitForLine(containing: "the broker takes messages again")
            try eventually("the books are closed") {
                let books = try Rest(cluster, commands: [Cluster.probe])
                return books.outbox == 0 && books.queued == 0 && books.schedule == 0
                    && books.endings == ["s": commands]
            }
            let announced = try outcomes(of: commands, in: events, of: cluster)
            #expect(announced.keys.sorted() == load.confirmed.sorted())
            #expect(announced.values.allSatisfy { $0 == .succeeded })
            let effects = try cluster.effects()
            #expect(effects.rows == commands && effects.jobs == commands)
            #expect(worker.terminate() == 0)
            #expect(relay.terminate() == 0)
        }
    }

    private func pause(_ isPaused: Bool, in cluster: Cluster) throws {
        let database = try cluster.database()
        defer { database.close() }
        try database.execute(
            """
            INSERT INTO queue_control (command, paused, reason, actor) VALUES ('probe', \(isPaused), 'a test', 'a test')
            ON CONFLICT (command) DO UPDATE SET paused = EXCLUDED.paused
            """)
    }

    /// A durable queue of everything that is announced: the test is too busy for a connection of its own to live on.
    private func subscribe(in cluster: Cluster) throws -> String {
        let broker = try cluster.broker("subscriber")
        defer { broker.close() }
        let queue = try broker.declareQueue(
            "events", durable: true, exclusive: false, autoDelete: false, arguments: [:])
        try broker.bind(queue: queue.name, exchange: Topology.eventExchange, routingKey: "#")
        return queue.name
    }

    /// How the commands ended by what was announced, repeats included.
    private func outcomes(of commands: Int, in queue: String, of cluster: Cluster) throws -> [String: EventKind] {
        let broker = try cluster.broker("subscriber")
        defer { broker.close() }
        _ = try broker.consume(queue, prefetch: 0)
        var outcomes: [String: EventKind] = [:]
        while let delivery = try broker.receive(within: .seconds(outcomes.count < commands ? 20 : 0)) {
            let event = try CompletionEvent(parsing: delivery.body)
            guard event.kind.isFinal else { continue }
            #expect(outcomes[event.subject, default: event.kind] == event.kind, "an outcome never changes")
            outcomes[event.subject] = event.kind
        }
        return outcomes
    }
}
