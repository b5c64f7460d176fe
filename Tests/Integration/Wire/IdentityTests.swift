import AMQP
import Contracts
import TestSupport
import Testing

/// A message whose id or tenant cannot be read fails by itself: it takes nobody's id, and gets nobody's answer.
@Suite(.servers) struct IdentityTests {
    /// Headers, and what the message fails with.
    private static let strangers: [(Headers, String)] = [
        ([Topology.tenantHeader: .string("evil\n")], "invalid-value"),
        ([Topology.tenantHeader: .bool(true)], "wrong-type"),
    ]

    @Test(arguments: strangers) func anUnreadableTenantTakesNoIDOfTheDefaultOne(headers: Headers, code: String) throws {
        try withCluster { cluster in
            try cluster.prepareProbe()
            let log = try EventLog(cluster)
            try cluster.start("ProbeWorker")
            let load = try Load(cluster)
            let body = Cluster.probe("succeed")
            for id in ["order-1", "order-2"] {
                try load.publish(Cluster.probe, id: id, body: body) { $0.headers = headers }
            }
            try load.settle()
            try log.receive { $0.events.count == 2 }
            #expect(try log.events.map { try Reason(json: $0.data).reason } == [code, code])
            #expect(Set(log.events.map(\.subject)) == ["order-1", "order-2"], "each has an answer of its own")

            try load.publish(Cluster.probe, id: "order-1", body: body)
            try load.settle()
            try log.receive { $0.events.count == 3 }
            #expect(log.events[2].kind == .succeeded)
            #expect(log.events[2].subject == "order-1")
            #expect(try cluster.effects().rows == 1)
        }
    }

    @Test(arguments: [["\u{FFFD}", nil], [nil, "\u{FFFD}"]])
    func eachFaultOfAnIDHasItsOwnAnswer(ids: [String?]) throws {
        try withCluster { cluster in
            try cluster.prepareProbe()
            let log = try EventLog(cluster)
            try cluster.start("ProbeWorker")
            let load = try Load(cluster)
            for id in ids + ids { try load.publish(Cluster.probe, id: id, body: Cluster.probe("succeed")) }
            try load.settle()
            try log.receive { $0.events.count == 4 }
            let expected = ids.map { $0 == nil ? "id-missing" : "id-invalid" }
            let reasons = try log.events.map { try Reason(json: $0.data).reason }
            #expect(reasons.sorted() == (expected + expected).sorted())
            #expect(Set(log.events.map(\.id)).count == 2, "equal bytes are the same message")
            #expect(try cluster.effects().rows == 0)
        }
    }
}
