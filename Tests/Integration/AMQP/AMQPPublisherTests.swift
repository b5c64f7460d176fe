import AMQP
import TestSupport
import Testing

@Suite("A publisher", .broker)
struct AMQPPublisherTests {
    private func withPublisher(
        _ mode: Publisher.WhenUnavailable = .hold, window: Int = 2048, patience: Publisher.Patience = .init(),
        uri: AMQPURI? = nil, _ body: (Publisher, ConnectionLog) throws -> Void
    ) throws {
        let log = ConnectionLog()
        let publisher = Publisher(
            uri: try uri ?? brokerURI(), name: "ruche-tests", window: window, whenUnavailable: mode,
            patience: patience, onEvent: log.add)
        publisher.start()
        defer { publisher.close(within: .seconds(2)) }
        try body(publisher, log)
    }

    private func message(
        _ token: UInt64, to queue: String, exchange: String = "", size: Int = 10
    ) -> OutgoingMessage {
        OutgoingMessage(
            exchange: exchange, routingKey: queue, properties: Properties(isPersistent: true, messageID: "m\(token)"),
            body: [UInt8](repeating: UInt8(truncatingIfNeeded: token), count: size), token: token)
    }

    private func outcomes(_ reports: [PublishReport]) -> [UInt64: PublishOutcome] {
        Dictionary(reports.map { ($0.token, $0.outcome) }) { first, _ in
            Issue.record("a message was reported twice")
            return first
        }
    }

    @Test("has every message confirmed, through any window", arguments: [1, 7, 2048])
    func confirms(window: Int) throws {
        try withQueue(arguments: ["x-queue-type": "quorum"]) { connection, queue in
            try withPublisher(window: window) { publisher, _ in
                publisher.publish((1...300).map { message($0, to: queue) })
                let reports = outcomes(publisher.reports(300))
                #expect(reports.count == 300 && reports.values.allSatisfy { $0 == .confirmed })
                #expect(publisher.backlog == 0)
                #expect(publisher.drainReports().isEmpty)
            }
            #expect(try connection.ready(queue, 300) == 300)
        }
    }

    @Test("matches each return to its message among the confirmed ones")
    func returns() throws {
        try withQueue { _, queue in
            try withPublisher { publisher, _ in
                let nowhere = uniqueName("nowhere")
                publisher.publish((1...200).map { message($0, to: $0 % 3 == 0 ? nowhere : queue) })
                let reports = outcomes(publisher.reports(200))
                for token: UInt64 in 1...200 {
                    let expected =
                        token % 3 == 0 ? PublishOutcome.returned(replyCode: 312, text: "NO_ROUTE") : .confirmed
                    #expect(reports[token] == expected)
                }
            }
        }
    }

    @Test("confirms what reaches no queue when nobody asked for its return")
    func notMandatory() throws {
        try withPublisher { publisher, _ in
            var lost = message(1, to: uniqueName("nowhere"))
            lost.mandatory = false
            publisher.publish([lost])
            #expect(publisher.reports(1) == [PublishReport(token: 1, outcome: .confirmed)])
        }
    }

    @Test("reports what a full queue refuses")
    func nacks() throws {
        try withQueue(arguments: ["x-max-length": 2, "x-overflow": "reject-publish"]) { _, queue in
            try withPublisher(window: 1) { publisher, _ in
                publisher.publish((1...6).map { message($0, to: queue) })
                let reports = outcomes(publisher.reports(6))
                #expect(reports.values.filter { $0 == .confirmed }.count >= 2)
                #expect(reports[6] == .nacked)
            }
        }
    }

    @Test("changes the channel on which messages are refused for a new one, and every message is reported once")
    func renewal() throws {
        try withQueue(arguments: ["x-max-length": 1, "x-overflow": "reject-publish"]) { connection, queue in
            try withPublisher(patience: .init(refusal: .milliseconds(100))) { publisher, log in
                var (token, refused) = (UInt64(0), 0)
                let end = ContinuousClock.now + .seconds(20)
                func renewals() -> Int { log.count { if case .channelRenewed = $0 { true } else { false } } }
                while renewals() < 3, .now < end {
                    token += 10
                    publisher.publish((token..<token + 10).map { message($0, to: queue) })
                    let reports = outcomes(publisher.reports(10))
                    #expect(Set(reports.keys) == Set(token..<token + 10))
                    refused += reports.values.count { $0 == .nacked }
                }
                #expect(renewals() >= 3 && refused > 0)
                try connection.purgeQueue(queue)
                publisher.publish([message(1, to: queue)])
                #expect(publisher.reports(1) == [PublishReport(token: 1, outcome: .confirmed)])
                #expect(log.count { if case .connected = $0 { true } else { false } } == 1, "on the same connection")
            }
        }
    }

    @Test(
        "singles out the message whose exchange does not exist",
        arguments: [
            Publisher.WhenUnavailable.hold, .giveUp,
        ])
    func missingExchange(mode: Publisher.WhenUnavailable) throws {
        try withQueue { connection, queue in
            try withPublisher(mode) { publisher, log in
                log.waitConnected()
                let nowhere = uniqueName("exchange")
                publisher.publish(
                    (1...40).map { message($0, to: queue, exchange: $0 == 13 || $0 == 30 ? nowhere : "") })
                let reports = outcomes(publisher.reports(40))
                for (token, outcome) in reports {
                    guard token == 13 || token == 30 else {
                        #expect(outcome == .confirmed)
                        continue
                    }
                    guard case .returned(404, let text) = outcome else {
                        Issue.record("\(outcome)")
                        continue
                    }
                    #expect(text.contains(nowhere))
                }
                #expect(reports.count == 40)
                #expect(publisher.status.reconnects == 0)
            }
            #expect(try #require(try connection.inspectQueue(queue)).messages >= 38)
        }
    }

    @Test("reports what cannot be said in AMQP without sending it")
    func unsendable() throws {
        try withQueue { _, queue in
            try withPublisher { publisher, _ in
                publisher.publish([
                    message(1, to: queue), message(2, to: String(repeating: "x", count: 256)), message(3, to: queue),
                ])
                let reports = outcomes(publisher.reports(3))
                #expect(reports[1] == .confirmed && reports[3] == .confirmed)
                #expect(reports[2] == .returned(replyCode: 501, text: "the routing key is over 255 bytes"))
            }
        }
    }

    @Test("publishes large bodies among small ones")
    func large() throws {
        try withQueue { connection, queue in
            try withPublisher { publisher, _ in
                publisher.publish((1...12).map { message($0, to: queue, size: $0 % 3 == 0 ? 3_000_000 : 10) })
                #expect(outcomes(publisher.reports(12)).values.allSatisfy { $0 == .confirmed })
            }
            _ = try connection.consume(queue, prefetch: 2)
            for token: UInt64 in 1...12 {
                let delivery = try #require(try connection.receive(within: .seconds(20)))
                #expect(delivery.body == message(token, to: queue, size: token % 3 == 0 ? 3_000_000 : 10).body)
                try connection.settle(delivery, .acknowledge)
            }
        }
    }

    @Test("holds messages while there is no connection, and publishes them later")
    func hold() throws {
        try withQueue { connection, queue in
            let proxy = try TCPProxy(try brokerURI())
            defer { proxy.close() }
            proxy.inflict(.refusing)
            try withPublisher(uri: proxy.uri) { publisher, log in
                publisher.publish([message(1, to: queue)])
                log.waitDisconnected(2)
                #expect(publisher.drainReports().isEmpty && publisher.backlog == 1)
                proxy.heal()
                #expect(publisher.reports(1) == [PublishReport(token: 1, outcome: .confirmed)])
            }
            #expect(try connection.ready(queue, 1) == 1)
        }
    }

    @Test("publishes again what a lost connection left unconfirmed: none lost, each reported once")
    func republish() throws {
        try withQueue(arguments: ["x-queue-type": "quorum"]) { connection, queue in
            let proxy = try TCPProxy(try brokerURI())
            defer { proxy.close() }
            try withPublisher(window: 64, uri: proxy.uri) { publisher, log in
                publisher.publish((1...2000).map { message($0, to: queue, size: 200) })
                var reports: [PublishReport] = []
                for _ in 0..<3 {
                    reports += publisher.reports(200)
                    proxy.cut()
                }
                reports += publisher.reports(2000 - reports.count)
                #expect(outcomes(reports).count == 2000)
                #expect(reports.allSatisfy { $0.outcome == .confirmed })
                #expect(log.count { if case .connected = $0 { true } else { false } } >= 2)
            }
            _ = try connection.consume(queue, noAck: true)
            var seen: Set<String> = []
            while let delivery = try connection.receive(within: .seconds(seen.count == 2000 ? 0 : 10)) {
                seen.insert(delivery.properties.messageID ?? "")
            }
            #expect(seen.count == 2000)
        }
    }

    @Test(
        "does not wait for ever for a confirm that does not come on a connection that lives",
        .enabled(if: ServerControl.command != nil, "the broker is not this run's own"))
    func unanswered() throws {
        try withQueue(arguments: ["x-queue-type": "quorum"]) { connection, queue in
            // The broker answers, but not for this queue, and not on a channel that has published to it.
            try ServerControl.run("suspend \(queue)")
            defer { try? ServerControl.run("resume \(queue)") }
            try withPublisher(patience: .init(confirm: .milliseconds(500))) { publisher, log in
                publisher.publish([message(1, to: queue)])
                log.waitDisconnected(2)
                try ServerControl.run("resume \(queue)")
                #expect(publisher.reports(1) == [PublishReport(token: 1, outcome: .confirmed)])
                let errors = log.all.compactMap { if case .disconnected(let error) = $0 { error.code } else { nil } }
                #expect(errors.allSatisfy { $0 == .timeout })
            }
            _ = try connection.consume(queue, noAck: true)
            #expect(try #require(try connection.receive(within: .seconds(20))).properties.messageID == "m1")
        }
    }

    @Test("gives messages up at once while there is no connection")
    func giveUp() throws {
        try withQueue { _, queue in
            let proxy = try TCPProxy(try brokerURI("heartbeat=1"))
            defer { proxy.close() }
            try withPublisher(.giveUp, uri: proxy.uri) { publisher, log in
                log.waitConnected()
                publisher.publish([message(1, to: queue)])
                #expect(publisher.reports(1) == [PublishReport(token: 1, outcome: .confirmed)])
                proxy.inflict(.frozen)
                publisher.publish([message(2, to: queue)])
                #expect(publisher.reports(1) == [PublishReport(token: 2, outcome: .unknown)])
                log.waitDisconnected()
                publisher.publish([message(3, to: queue)])
                #expect(publisher.drainReports() == [PublishReport(token: 3, outcome: .unknown)])
                proxy.cut()
                proxy.heal()
                log.waitConnected(2)
                publisher.publish([message(4, to: queue)])
                #expect(publisher.reports(1) == [PublishReport(token: 4, outcome: .confirmed)])
            }
        }
    }

    @Test("sends what it has before it closes, and refuses the rest")
    func close() throws {
        try withQueue { connection, queue in
            try withPublisher { publisher, _ in
                publisher.publish((1...500).map { message($0, to: queue) })
                publisher.close(within: .seconds(10))
                publisher.publish([message(501, to: queue)])
                let reports = outcomes(publisher.drainReports())
                #expect(reports.count == 501 && reports[501] == .unknown)
                #expect((1...500).allSatisfy { reports[$0] == .confirmed })
            }
            #expect(try connection.ready(queue, 500) == 500)
        }
    }

    @Test("reports everything as unknown when it is closed without a broker")
    func closeUnreachable() throws {
        var uri = try brokerURI()
        uri.hosts = [AMQPURI.Host(name: "127.0.0.1", port: 1)]
        try withPublisher(uri: uri) { publisher, _ in
            publisher.publish((1...3).map { message($0, to: "q") })
            publisher.close(within: .milliseconds(300))
            #expect(outcomes(publisher.drainReports()) == [1: .unknown, 2: .unknown, 3: .unknown])
            #expect(publisher.backlog == 0)
        }
    }
}
