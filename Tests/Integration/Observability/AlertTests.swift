import Contracts
import Foundation
import Postgres
import TestSupport
import Testing

/// Debian's Prometheus over running processes: the alerts, and every expression that is shipped.
@Suite(.servers, .prometheus, .serialized) struct AlertTests {
    @Test func anAlertFiresOnAStalledConsumerAndClears() throws {
        try withCluster { cluster in
            let worker = try cluster.start("lease-ip", ["PREFETCH": "10"])
            let relay = try cluster.start("relay", Self.management(cluster))
            let prometheus = try Prometheus(
                cluster,
                [
                    Prometheus.Target("ruche-relay", "relay", "127.0.0.1:\(try relay.httpPort())"),
                    Prometheus.Target("ruche-worker", "lease-ip", "127.0.0.1:\(try worker.httpPort())"),
                ])
            try eventually("the worker is seen") {
                try prometheus.count(#"ruche_queue_consumers{command="lease-ip"} == 1"#) == 1
                    && prometheus.count(#"up{job="ruche-worker",service="lease-ip"} == 1"#) == 1
            }
            #expect(try prometheus.firing()["RucheConsumerStalled"] == nil)

            // Frozen: connected to broker and database, with commands in hand, and nothing moves.
            worker.send(SIGSTOP)
            let load = try Load(cluster)
            for number in 0..<50 { try load.publish(LeaseIP(holder: "h"), id: "job-\(number)") }
            try load.settle()
            try eventually("the alert fires") {
                try prometheus.firing()["RucheConsumerStalled"]?.map { $0.labels["command"] } == ["lease-ip"]
            }
            try eventually("a process that does not answer is an alert as well") {
                try prometheus.firing()["RucheProcessDown"] != nil
            }
            let alert = try #require(try prometheus.firing()["RucheConsumerStalled"]?.first)
            #expect(alert.labels["severity"] == "critical")
            #expect(alert.annotations["summary"] == "lease-ip has workers, and nothing is finished")

            worker.send(SIGCONT)
            try eventually("both clear") {
                let firing = try prometheus.firing()
                return firing["RucheConsumerStalled"] == nil && firing["RucheProcessDown"] == nil
            }
            try eventually("everything that waited is done") {
                try cluster.number("SELECT count(*) FROM job WHERE finished_at IS NOT NULL") == 50
            }
        }
    }

    @Test func everyExpressionHasItsMetrics() throws {
        try withCluster { cluster in
            let relay = try cluster.start("relay", Self.management(cluster))
            let workers = try ["lease-ip", "ingest-logs"].map { ($0, try cluster.start($0)) }
            try Self.causeRareSamples(cluster)
            let broker = try Self.brokerEndpoint(cluster)
            let expressions = try Observability.expressions()
            let prometheus = try Prometheus(
                cluster,
                try workers.map { Prometheus.Target("ruche-worker", $0, "127.0.0.1:\(try $1.httpPort())") } + [
                    Prometheus.Target("ruche-relay", "relay", "127.0.0.1:\(try relay.httpPort())"),
                    Prometheus.Target("rabbitmq", "rabbitmq", broker),
                    Prometheus.Target("rabbitmq-queues", "rabbitmq", broker),
                ], recorded: expressions.map { $0.expression.replacing("$command", with: ".*") })
            try eventually("everything was scraped, and the relay has looked") {
                try prometheus.count("up == 1") == 5 && prometheus.count("ruche_queue_messages") > 0
            }
            let names = try prometheus.names()
            try eventually("every expression was evaluated") { try prometheus.faults() != nil }
            #expect(try prometheus.faults() == [])
            for (place, expression) in expressions {
                for name in Observability.names(in: expression) {
                    let base = name.replacing(/_(bucket|sum|count)$/, with: "")
                    #expect(names.contains(name) || names.contains(base), "\(place): \(name) in \(expression)")
                }
            }
            try Self.expectLabels(expressions, prometheus)
        }
    }

    /// Has happen what some metrics have no sample before: a success, a line that is left out, an attempt that is made
    /// again.
    private static func causeRareSamples(_ cluster: Cluster) throws {
        try cluster.addServers(2)
        let log = try EventLog(cluster)
        let load = try Load(cluster)
        try load.publish(LeaseIP(holder: "h"), id: "success")
        let records = #"[{"message":"new"},{"message":"old","time":"2001-01-01T00:00:00Z"}]"#
        try load.publish(IngestLogs.name, id: "lines", body: Array(#"{"records":\#(records)}"#.utf8))
        try load.settle()
        #expect(try log.outcome(of: "success").kind == .succeeded)
        #expect(try log.outcome(of: "lines").kind == .succeeded)
        let database = try cluster.database()
        defer { database.close() }
        try database.script("REVOKE INSERT ON lease FROM ruche_lease_ip")
        try load.publish(LeaseIP(holder: "h"), id: "again")
        try load.settle()
        try log.receive { $0.events.contains { $0.kind == .retrying } }
        try database.script("GRANT INSERT ON lease TO ruche_lease_ip")
    }

    /// That a name is misspelt shows in `everyExpressionHasItsMetrics`; that a label is would show in nothing but a
    /// panel that stays empty.
    private static func expectLabels(
        _ expressions: [(place: String, expression: String)], _ prometheus: Prometheus
    ) throws {
        var known: [String: Bool] = [:]
        for (place, expression) in expressions {
            for label in Observability.labels(in: expression) {
                let isThere = try label.metrics.contains { metric in
                    let question = #"\#(metric){\#(label.name)!=""}"#
                    if let answer = known[question] { return answer }
                    let answer = try prometheus.count(question) > 0
                    known[question] = answer
                    return answer
                }
                #expect(isThere, "\(place): nothing has the label \(label.name) in \(expression)")
            }
        }
    }

    private static func management(_ cluster: Cluster) -> [String: String] {
        ["RABBITMQ_MANAGEMENT_URL": cluster.servers.managementURL]
    }

    /// Where the broker serves its own metrics, as it says itself.
    private static func brokerEndpoint(_ cluster: Cluster) throws -> String {
        struct Overview: Decodable { let listeners: [Listener] }
        struct Listener: Decodable {
            let `protocol`: String
            let port: Int
        }
        let result = try FinishedProcess(
            path: "/usr/bin/env",
            arguments: ["curl", "-sSf", "-m", "10", "\(cluster.servers.managementURL)/api/overview"],
            environment: cluster.environment)
        let overview = try JSONDecoder().decode(Overview.self, from: Data(result.output.utf8))
        let port = overview.listeners.first { $0.protocol == "http/prometheus" }?.port
        return "127.0.0.1:\(try #require(port, "the plugin rabbitmq_prometheus is enabled"))"
    }
}
