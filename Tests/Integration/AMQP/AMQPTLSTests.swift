import AMQP
import Contracts
import Foundation
import Postgres
import TestSupport
import Testing

@Suite("Over TLS", .servers, .tls)
struct AMQPTLSTests {
    private func uri(
        host: String = "localhost", authority: String = "ca", client: String? = "client", more: String = ""
    ) throws -> AMQPURI {
        try AMQPURI(
            parsing: try TestTLS.require().amqpURL(host: host, authority: authority, client: client, more: more))
    }

    /// The error of an attempt to connect; nil when it succeeds.
    private func failure(_ uri: AMQPURI) -> AMQPError? {
        do throws(AMQPError) {
            try Connection.open(uri, name: "ruche-tests").close()
            return nil
        } catch { return error }
    }

    @Test("a body of any size comes back as it was", arguments: [0, 1, 16_384, 131_064, 5_000_001])
    func bodies(size: Int) throws {
        try withQueue { plain, queue in
            let connection = try Connection.open(try uri(), name: "ruche-tests")
            defer { connection.close() }
            let body = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
            try connection.fill(queue, with: [body, [9]])
            _ = try connection.consume(queue)
            for expected in [body, [9]] {
                let delivery = try #require(try connection.receive(within: .seconds(20)))
                #expect(delivery.body == expected)
                try connection.settle(delivery, .acknowledge)
            }
            #expect(try plain.ready(queue, 0) == 0)
        }
    }

    @Test("a publisher has everything confirmed, and a consumer gets everything")
    func stream() throws {
        let messages = 3000
        try withQueue { plain, queue in
            let publisher = Publisher(uri: try uri(), name: "ruche-tests", window: 256)
            publisher.start()
            defer { publisher.close(within: .seconds(2)) }
            publisher.publish(
                (1...UInt64(messages)).map {
                    let size = $0 % 100 == 0 ? 100_000 : 200
                    return OutgoingMessage(
                        exchange: "", routingKey: queue, body: [UInt8](repeating: 7, count: size), token: $0)
                })
            let consumer = Consumer(uri: try uri(), name: "ruche-tests", queues: [queue], prefetch: 100)
            consumer.start()
            defer { consumer.close(within: .seconds(2)) }
            #expect(consumer.drain(messages).count == messages)
            let reports = publisher.reports(messages)
            #expect(Set(reports.map(\.token)).count == messages && reports.allSatisfy { $0.outcome == .confirmed })
            #expect(publisher.status.reconnects == 0 && consumer.status.reconnects == 0)
            #expect(try plain.ready(queue, 0) == 0)
        }
    }

    @Test("publisher and consumer come back after cuts and a silence: nothing lost")
    func reconnecting() throws {
        let messages = 1000
        try withQueue(arguments: ["x-queue-type": "quorum"]) { _, queue in
            let proxy = try TCPProxy(try uri(more: "&heartbeat=1"))
            defer { proxy.close() }
            var through = proxy.uri
            through.hosts[0].name = "localhost"
            let log = ConnectionLog()
            let publisher = Publisher(uri: through, name: "ruche-tests", window: 64, onEvent: log.add)
            let consumer = Consumer(uri: through, name: "ruche-tests", queues: [queue], prefetch: 50)
            publisher.start()
            consumer.start()
            defer {
                publisher.close(within: .seconds(2))
                consumer.close(within: .seconds(2))
            }
            publisher.publish(
                (1...UInt64(messages)).map {
                    OutgoingMessage(
                        exchange: "", routingKey: queue, properties: Properties(messageID: "m\($0)"),
                        body: [UInt8](repeating: 7, count: 200), token: $0)
                })
            var reports = publisher.reports(100)
            try eventually("the consumer is there") { consumer.status.connected }
            proxy.cut()
            log.waitConnected(2)
            reports += publisher.reports(100)
            proxy.inflict(.frozen)
            log.waitDisconnected(2)
            proxy.cut()
            proxy.heal()
            reports += publisher.reports(messages - reports.count)
            #expect(Set(reports.map(\.token)).count == messages && reports.allSatisfy { $0.outcome == .confirmed })
            var seen: Set<String> = []
            while seen.count < messages {
                let batch = try consumer.batch(upTo: 100)
                for delivery in batch.all { seen.insert(delivery.properties.messageID ?? "") }
                batch.acknowledge()
            }
            #expect(publisher.status.reconnects >= 2 && consumer.status.reconnects >= 1)
        }
    }

    @Test("the broker sees the client's certificate")
    func certificate() throws {
        let name = uniqueName("connection")
        let connection = try Connection.open(try uri(), name: name)
        defer { connection.close() }
        try eventually("the broker lists the connection") {
            let list = try BrokerConnection.list(virtualHost: "/", by: TestServers.require())
            guard let own = list.first(where: { $0.name == name }) else { return false }
            #expect(own.tls == "tlsv1.3" && own.subject == "CN=client")
            return true
        }
    }

    @Test("a broker that another authority vouches for is refused")
    func unknownAuthority() throws {
        let error = try #require(failure(try uri(authority: "stranger")))
        #expect(error.code == .tls && !error.isTransient)
        #expect(error.message.contains("localhost") && error.message.contains("verification failed"), "\(error)")
        #expect(failure(try uri(authority: "stranger", more: "&verify=verify_none")) == nil, "as asked")
    }

    @Test("a broker with another name is refused")
    func wrongName() throws {
        let error = try #require(failure(try uri(host: "127.0.0.1")))
        #expect(error.code == .tls && !error.isTransient)
        #expect(error.message.contains("hostname verification failed; connect by a name"), "\(error)")
        #expect(failure(try uri(host: "127.0.0.1", more: "&verify=verify_none")) == nil, "as asked")
    }

    @Test(
        "a client that shows no certificate, or a stranger's, is told why",
        arguments: [(nil, "certificate required"), ("stranger", "alert ")] as [(String?, String)])
    func refusedClient(client: String?, reason: String) throws {
        let error = try #require(failure(try uri(client: client)))
        #expect(error.code == .tls && !error.isTransient, "\(error)")
        #expect(error.message.contains("localhost") && error.message.contains(reason), "\(error)")
    }

    @Test("files that cannot be used are named")
    func files() throws {
        var uri = try uri()
        uri.tls?.authorities = "/nowhere/ca.pem"
        var error = try #require(failure(uri))
        #expect(error.code == .tls && error.message.contains("/nowhere/ca.pem"))
        uri = try self.uri()
        uri.tls?.key = try TestTLS.require().directory + "/stranger.key"
        error = try #require(failure(uri))
        #expect(error.code == .tls && error.message.contains("client.pem") && error.message.contains("stranger.key"))
    }

    @Test("a broker that speaks the other way is a failure that says so")
    func otherWay() throws {
        var uri = try uri()
        uri.hosts[0].port = try brokerURI().hosts[0].port
        let refused = try #require(failure(uri), "TLS to the plain port")
        #expect(refused.code == .tls && refused.message.contains("wrong version number"), "\(refused)")
        var plain = try brokerURI("connection_timeout=2000")
        plain.hosts = try self.uri().hosts
        let error = try #require(failure(plain), "plain to the TLS port")
        #expect(error.code == .connectionLost || error.code == .timeout, "\(error)")
    }

    @Test("the host's name is asked for, and TLS 1.2 is the least that is offered")
    func clientHello() throws {
        let listener = HelloListener()
        var uri = try uri(more: "&connection_timeout=5000&server_name_indication=localhost")
        uri.hosts[0].port = listener.port
        let error = try #require(failure(uri))
        #expect(error.code == .unreachable && error.isTransient, "it hung up in the middle of the handshake: \(error)")
        #expect(error.message.contains("hung up"), "\(error)")
        let hello = try listener.hello()
        #expect(hello.serverName == "localhost")
        #expect(hello.versions == [0x0303, 0x0304])
    }

    @Test("a publisher keeps trying while the broker's certificate is not to be trusted")
    func retry() throws {
        let log = ConnectionLog()
        let publisher = Publisher(uri: try uri(authority: "stranger"), name: "ruche-tests", onEvent: log.add)
        publisher.start()
        defer { publisher.close(within: .milliseconds(100)) }
        log.wait(for: "two refusals", times: 2) {
            if case .disconnected(let error) = $0 { error.code == .tls } else { false }
        }
        #expect(!publisher.status.connected)
    }

    @Test("a whole cluster leases a server: worker, relay and database, everything verified")
    func wholeWorker() throws {
        let tls = try TestTLS.require()
        try withCluster { cluster in
            try cluster.addServers(2)
            let log = try EventLog(cluster)
            let addresses = [
                "AMQP_URL": try tls.amqpURL(virtualHost: cluster.name),
                "DATABASE_URL": try tls.databaseURL(database: cluster.name),
            ]
            let worker = try cluster.start("lease-ip", addresses)
            let relay = try cluster.start("relay", addresses)
            let load = try Load(cluster)
            try load.publish(LeaseIP(holder: "web-1"), id: "lease")
            try load.settle()
            #expect(try log.outcome(of: "lease").kind == .succeeded)

            let database = try cluster.database()
            defer { database.close() }
            try eventually("the outbox is empty") { try database.query("SELECT count(*) FROM outbox").get(0, 0) == 0 }
            let plain = try database.query(
                """
                SELECT count(*) FILTER (WHERE ssl), count(*) FILTER (WHERE NOT ssl)
                FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)
                WHERE datname = current_database() AND (application_name LIKE 'lease-ip@%'
                    OR application_name LIKE 'relay@%')
                """)
            #expect(try plain.get(0, 0) > 1)
            #expect(try plain.get(0, 1) == 0)
            try eventually("the broker lists the worker's and the relay's connections") {
                let all = try BrokerConnection.list(virtualHost: cluster.name, by: cluster.servers)
                let own = all.filter { $0.name.hasPrefix("lease-ip@") || $0.name.hasPrefix("relay@") }
                #expect(own.allSatisfy { $0.tls == "tlsv1.3" && $0.subject == "CN=client" })
                return own.contains { $0.name.hasPrefix("relay@") } && own.contains { $0.name.hasPrefix("lease-ip@") }
            }
            #expect(try worker.get("readyz").status == 200)
            #expect(worker.terminate() == 0)
            #expect(relay.terminate() == 0)
        }
    }
}
