import Contracts
import Foundation
import TestSupport
import Testing

/// Producers that know the wire contract and nothing of this repository.
@Suite(.servers, .enabled(if: Interop.python != nil || TestServers.isCI, "needs scripts/test's Python"))
struct InteropTests {
    static let scripts = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Interop").path

    func run(_ script: String, _ cluster: Cluster, _ argument: String) throws -> FinishedProcess {
        let python = try #require(Interop.python, "RUCHE_TEST_PYTHON is not set")
        return try FinishedProcess(
            path: python, arguments: ["\(Self.scripts)/\(script)", cluster.environment["AMQP_URL"]!, argument],
            environment: cluster.environment)
    }

    @Test func plainPikaGetsItsReplyThroughDirectReplyTo() throws {
        try withCluster { cluster in
            try cluster.addServers(1)
            try cluster.start("lease-ip")
            let result = try run("pika_lease.py", cluster, "pika-1")
            #expect(result.status == 0, "\(result.errors)")
            let event = try CompletionEvent(parsing: Array(result.output.trimmingCharacters(in: .newlines).utf8))
            #expect(event.kind == .succeeded)
            #expect(try IPLeased(json: event.data).ip == "10.0.0.1")
        }
    }

    @Test func theCloudEventsSDKFeedsTheClusterAndReadsItsEvents() throws {
        try withCluster { cluster in
            try cluster.addServers(2)
            try cluster.start("lease-ip")
            let result = try run("cloudevents_lease.py", cluster, "ce")
            #expect(result.status == 0, "\(result.errors)")
        }
    }

    @Test func amqpPublishEnqueuesFromAShell() throws {
        try withCluster { cluster in
            try cluster.addServers(1)
            let log = try EventLog(cluster)
            try cluster.start("lease-ip")
            let result = try FinishedProcess(
                path: "/usr/bin/env",
                arguments: [
                    "amqp-publish", "--url", cluster.environment["AMQP_URL"]!, "-e", Topology.commandExchange, "-r",
                    "lease-ip", "-p", "-C", "application/json", "-H", "ce-id: from-a-shell", "-b",
                    #"{"holder":"shell","ttlSeconds":60}"#,
                ], environment: cluster.environment)
            #expect(result.status == 0, "\(result.errors)")
            let event = try log.outcome(of: "from-a-shell")
            #expect(event.kind == .succeeded)
            #expect(try IPLeased(json: event.data).holder == "shell")
        }
    }
}

private enum Interop {
    /// A Python with pika and the CloudEvents SDK, made by `scripts/test`.
    static let python = ProcessInfo.processInfo.environment["RUCHE_TEST_PYTHON"]
}
