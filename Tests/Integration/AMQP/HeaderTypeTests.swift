import AMQP
import Contracts
import Foundation
import TestSupport
import Testing

/// Headers as other languages' clients type them, over a real broker: read or refused, and never passed over.
@Suite(.servers) struct HeaderTypeTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let header: String
        let value: FieldValue
        let kind: EventKind
        var reason: String?
        var tenant = "default"
        var testDescription: String { "\(header): \(value)" }
    }

    static let cases = [
        Case(header: "expiresAt", value: .timestamp(1), kind: .refused, reason: "expired"),
        Case(header: "expiresAt", value: .timestamp(4_102_444_800), kind: .succeeded),
        Case(header: "expiresAt", value: .timestamp(4_102_444_800_000), kind: .failed, reason: "invalid-value"),
        Case(header: "expiresAt", value: .int(1), kind: .failed, reason: "wrong-type"),
        Case(header: "expiresAt", value: .bytes(Array("2020-01-01T00:00:00Z".utf8)), kind: .refused, reason: "expired"),
        Case(header: "tenant", value: .bytes(Array("north".utf8)), kind: .succeeded, tenant: "north"),
        Case(header: "tenant", value: .int(7), kind: .succeeded, tenant: "7"),
        Case(header: "tenant", value: .void, kind: .succeeded),
        Case(header: "tenant", value: .bytes([0xFF]), kind: .failed, reason: "invalid-utf8"),
        Case(header: "tenant", value: .bool(true), kind: .failed, reason: "wrong-type"),
        Case(header: "tenant", value: .array(["north"]), kind: .failed, reason: "wrong-type"),
        Case(header: "ruche-turn", value: .double(1.5), kind: .failed, reason: "wrong-type"),
    ]

    @Test func aHeaderOfAnyTypeIsReadOrRefusedAtItsPlace() throws {
        try withCluster { cluster in
            try cluster.prepareProbe()
            let log = try EventLog(cluster)
            try cluster.start("ProbeWorker")
            let load = try Load(cluster)
            for (number, example) in Self.cases.enumerated() {
                try load.publish(Cluster.probe, id: "job-\(number)", body: Cluster.probe("succeed")) {
                    $0.headers[example.header] = example.value
                }
            }
            try load.settle()
            try log.receive { $0.outcomes.count == Self.cases.count }

            for (number, example) in Self.cases.enumerated() {
                let event = try #require(log.outcomes["job-\(number)"])
                #expect(event.kind == example.kind, "\(example.testDescription)")
                #expect(event.tenant == example.tenant, "\(example.testDescription)")
                guard let reason = example.reason else { continue }
                let told = try Reason(json: event.data)
                #expect(told.reason == reason, "\(example.testDescription)")
                if event.kind == .failed { #expect(told.pointer == "/headers/\(example.header)") }
            }
        }
    }
}
