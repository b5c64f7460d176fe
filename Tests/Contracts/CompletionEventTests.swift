import Contracts
import Testing

struct CompletionEventTests {
    private let event = CompletionEvent(
        id: UniqueID(high: 1, low: 2), command: "lease-ip", kind: .succeeded, subject: "job-1",
        time: Timestamp(microseconds: 1_777_888_800_123_000), correlationID: "c\"1", attempt: 2, sequence: 3,
        tenant: "north", traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        data: LeaseIP.completionExample.json())

    @Test("An event is structured CloudEvents JSON, with its members in a fixed order")
    func encoded() {
        var small = event
        small.correlationID = nil
        small.traceparent = nil
        small.data = Array(#"{"a":1}"#.utf8)
        let json =
            #"{"specversion":"1.0","id":"00000000-0000-0001-0000-000000000002","source":"/ruche/lease-ip","#
            + #""type":"ruche.lease-ip.succeeded.v1","subject":"job-1","time":"2026-05-04T10:00:00.123Z","#
            + #""datacontenttype":"application/json","attempt":2,"sequence":3,"tenant":"north","data":{"a":1}}"#
        #expect(text(small.encode()) == json)
        #expect(small.routingKey == "lease-ip.succeeded")
    }

    @Test("An event reads back as it was, for each kind", arguments: EventKind.allCases)
    func roundTrip(kind: EventKind) throws {
        var event = event
        event.kind = kind
        #expect(try CompletionEvent(parsing: event.encode()) == event)
        #expect(try event.decode(IPLeased.self) == LeaseIP.completionExample)
    }

    @Test("Members in another order, and members that are not known, do not matter")
    func tolerant() throws {
        let json = """
            {"data":{"b":[{}]},"extra":1,"time":"2026-05-04T12:00:00.123+02:00","type":"ruche.lease-ip.refused.v1",
             "subject":"j","id":"00000000-0000-0001-0000-000000000002","source":"/ruche/lease-ip","specversion":"1.0"}
            """
        let parsed = try CompletionEvent(parsing: Array(json.utf8))
        #expect(parsed.kind == .refused)
        #expect(parsed.time == event.time)
        #expect(parsed.tenant == "default")
        #expect(text(parsed.data) == #"{"b":[{}]}"#)
    }

    @Test(
        "What is not an event of this contract is refused",
        arguments: [
            ("ruche.lease-ip.succeeded.v1", "ruche.lease-ip.succeeded.v2", "invalid-value", "/type"),
            ("ruche.lease-ip.succeeded.v1", "ruche.lease-ip.exploded.v1", "invalid-value", "/type"),
            ("ruche.lease-ip.succeeded.v1", "com.example", "invalid-value", "/type"),
            (#""specversion":"1.0""#, #""specversion":"2.0""#, "invalid-value", "/specversion"),
            (#""subject":"job-1","#, "", "missing-field", "/subject"),
            (#""attempt":2"#, #""attempt":"2""#, "wrong-type", "/attempt"),
            (#""data":{"#, #""data":[],"x":{"#, "wrong-type", "/data"),
            ("{", "", "wrong-type", ""),
        ] as [(String, String, Fault.Code, String)])
    func faults(part: String, replacement: String, code: Fault.Code, pointer: String) throws {
        let json = text(event.encode())
        let range = try #require(json.firstRange(of: part))
        let fault = #expect(throws: Fault.self) {
            try CompletionEvent(parsing: Array(json.replacingSubrange(range, with: replacement).utf8))
        }
        #expect(fault?.code == code)
        #expect(fault?.pointer == pointer)
    }
}

extension String {
    /// The text with one part exchanged.
    fileprivate func replacingSubrange(_ range: Range<String.Index>, with replacement: String) -> String {
        var changed = self
        changed.replaceSubrange(range, with: replacement)
        return changed
    }
}
