import AMQP
import Contracts
import Foundation
import TestSupport
import Testing

/// How often the shipped workers allocate for a job, in the build of the tests (debug): whoever makes it more often is
/// told so. Counts of an optimised build are smaller and in docs/performance.md.
@Suite(.servers, .serialized) struct AllocationTests {
    /// The thresholds: allocations a job of the worker, and of one record of a message of a hundred. Lower them
    /// whenever the printed count is lower; what is left is for how deliveries happen to fall into batches.
    struct Threshold: Sendable, CustomTestStringConvertible {
        let worker: String
        let unit: String
        /// Messages, and units of a message.
        let messages: Int
        let units: Int
        let limit: Double
        let body: @Sendable (Int) -> [UInt8]
        let command: CommandName
        /// Whether each message carries the context of a trace, which goes on into its events.
        var isTraced = false
        var testDescription: String { "\(worker), \(unit)\(isTraced ? ", traced" : "")" }
    }

    static let thresholds = [
        Threshold(
            worker: "lease-ip", unit: "job", messages: 2000, units: 1, limit: 442,
            body: { LeaseIP(holder: "client-\($0)", ttlSeconds: 3600).json() }, command: LeaseIP.name),
        Threshold(
            worker: "lease-ip", unit: "job", messages: 2000, units: 1, limit: 569,
            body: { LeaseIP(holder: "client-\($0)", ttlSeconds: 3600).json() }, command: LeaseIP.name, isTraced: true),
        Threshold(
            worker: "ingest-logs", unit: "record", messages: 200, units: 100, limit: 213, body: records,
            command: IngestLogs.name),
    ]

    @Test(arguments: thresholds) func aWorkerAllocatesNoMoreThanItsThreshold(threshold: Threshold) throws {
        try withCluster { cluster in
            try cluster.addServers(threshold.messages + 1)
            let log = try EventLog(cluster)
            let load = try Load(cluster)
            let count = try AllocationCount(in: cluster.directory)
            // What a start takes that finds nothing to do.
            let idle = try cluster.start(threshold.worker, count.environment)
            let start = try count.now()
            #expect(start > 0, "the counter counts")
            idle.terminate()
            try count.reset()
            // All is there before the worker is, so that its batches are as full as they can be.
            for number in 0...threshold.messages {
                let id = number == threshold.messages ? "last" : "job-\(number)"
                try load.publish(threshold.command, id: id, body: threshold.body(number)) { properties in
                    guard threshold.isTraced else { return }
                    properties.headers["traceparent"] = .string(
                        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
                    properties.headers["tracestate"] = .string("vendor=\(number)")
                }
            }
            try load.settle()
            let worker = try cluster.start(threshold.worker, count.environment)
            try log.receive { $0.outcomes.count == threshold.messages + 1 }
            #expect(log.summary == [.succeeded: threshold.messages + 1])
            let total = try count.now() - start
            worker.terminate()
            let each = Double(total) / Double((threshold.messages + 1) * threshold.units)
            print("allocations: \(threshold.testDescription) \((each * 10).rounded() / 10)")
            #expect(each <= threshold.limit, "\(threshold.testDescription) takes \(each) allocations")
        }
    }

    private static func records(of number: Int) -> [UInt8] {
        let at = Timestamp.now.rfc3339
        let lines = (0..<100).map { line in
            #"{"message":"level=info request \#(number) line \#(line) took 12 ms","time":"\#(at)","host":"web-1","#
                + #""service":"shop","trace":"0af7651916cd43dd8448eb211c80319c"}"#
        }
        return Array(#"{"records":[\#(lines.joined(separator: ","))]}"#.utf8)
    }
}
