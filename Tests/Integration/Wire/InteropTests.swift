import Contracts
import Foundation
import TestSupport
import Testing

/// Producers that know the wire contract and nothing of this repository, those of the README among them.
@Suite(.servers) struct InteropTests {
    /// The examples of the README, each in a cluster with one address: what they enqueue is done.
    @Test(arguments: Interop.hasPython ? ["python", "shell", "swift"] : ["shell", "swift"])
    func anExampleOfTheReadmeLeasesAnAddress(from language: String) throws {
        try withCluster { cluster in
            try cluster.addServers(1)
            let log = try EventLog(cluster)
            try cluster.start("lease-ip")
            let result =
                switch language {
                case "python": try Interop.run("docs/examples/lease.py", [], cluster)
                case "shell": try Interop.shell("docs/examples/lease.sh", cluster)
                default: try cluster.run("LeaseExample", [])
                }
            #expect(result.status == 0, "\(result.errors)")
            try log.receive { !$0.outcomes.isEmpty }
            let event = try #require(log.outcomes.values.first)
            #expect(event.kind == .succeeded)
            let leased = try IPLeased(json: event.data)
            #expect(leased.holder == language)
            switch language {
            case "python": #expect(result.output.contains("10.0.0.1"), "the reply has the address")
            case "swift": #expect(result.output.contains("confirmed"))
            default: break
            }
        }
    }

    @Test(.python) func plainPikaGetsItsReplyThroughDirectReplyTo() throws {
        try withCluster { cluster in
            try cluster.addServers(1)
            try cluster.start("lease-ip")
            let result = try Interop.run(
                "Tests/Interop/pika_lease.py", [cluster.environment["AMQP_URL"]!, "pika-1"], cluster)
            #expect(result.status == 0, "\(result.errors)")
            let event = try CompletionEvent(parsing: Array(result.output.trimmingCharacters(in: .newlines).utf8))
            #expect(event.kind == .succeeded)
            #expect(try IPLeased(json: event.data).ip == "10.0.0.1")
        }
    }

    @Test(.python) func theCloudEventsSDKFeedsTheClusterAndReadsItsEvents() throws {
        try withCluster { cluster in
            try cluster.addServers(2)
            try cluster.start("lease-ip")
            let result = try Interop.run(
                "Tests/Interop/cloudevents_lease.py", [cluster.environment["AMQP_URL"]!, "ce"], cluster)
            #expect(result.status == 0, "\(result.errors)")
        }
    }
}

private enum Interop {
    /// A Python with pika and the CloudEvents SDK, made by `scripts/test`.
    static let python = ProcessInfo.processInfo.environment["RUCHE_TEST_PYTHON"]

    /// In CI a missing one is an error, not a skip.
    static var hasPython: Bool { python != nil || TestServers.isCI }

    static func run(_ script: String, _ arguments: [String], _ cluster: Cluster) throws -> FinishedProcess {
        let python = try #require(Interop.python, "RUCHE_TEST_PYTHON is not set")
        return try FinishedProcess(
            path: python, arguments: [Checkout.path(script)] + arguments, environment: cluster.environment)
    }

    static func shell(_ script: String, _ cluster: Cluster) throws -> FinishedProcess {
        try FinishedProcess(path: "/bin/sh", arguments: [Checkout.path(script)], environment: cluster.environment)
    }
}

extension Trait where Self == ConditionTrait {
    /// Runs only with that Python.
    fileprivate static var python: Self {
        .enabled(if: Interop.hasPython, "needs scripts/test's Python")
    }
}
