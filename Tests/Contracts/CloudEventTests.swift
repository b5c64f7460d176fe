import Contracts
import Testing

struct CloudEventTests {
    private func structured(_ json: String, messageID: String? = nil, type: String? = nil) -> Envelope {
        Envelope.read(
            WireMessage(
                routingKey: "key", contentType: "application/cloudevents+json; charset=utf-8", messageID: messageID,
                type: type, body: Array(json.utf8)))
    }

    @Test("A command as a CloudEvent in structured mode")
    func structured() {
        let envelope = structured(
            """
            {"specversion":"1.0","id":"e-1","source":"/shop","type":"ruche.lease-ip.v1","time":"2026-05-04T10:00:00Z",
             "tenant":"north","correlationid":"c-1","expiresat":"2026-05-04T11:00:00Z","other":{"a":[1]},
             "datacontenttype":"application/json","data": {"holder" : "é"} }
            """)
        #expect(envelope.fault == nil)
        #expect(envelope.id == "e-1")
        #expect(envelope.name == "lease-ip")
        #expect(envelope.tenant == "north")
        #expect(envelope.correlationID == "c-1")
        #expect(envelope.enqueuedAt == Timestamp(microseconds: 1_777_888_800_000_000))
        #expect(envelope.expiresAt == Timestamp(microseconds: 1_777_892_400_000_000))
        #expect(text(envelope.payload) == #"{"holder" : "é"}"#)
    }

    @Test("AMQP properties come before the attributes of the body")
    func precedence() {
        let json = #"{"specversion":"1.0","id":"e","type":"renew-lease","data":{}}"#
        let envelope = structured(json, messageID: "m", type: "lease-ip")
        #expect(envelope.id == "m")
        #expect(envelope.name == "lease-ip")
    }

    @Test("Data in base64 is the same as data in place", arguments: ["eyJhIjoxfQ==", "eyJhIjogMX0K", "IHsiYSI6MX0g"])
    func base64(text encoded: String) {
        let envelope = structured(#"{"specversion":"1.0","id":"e","data_base64":"\#(encoded)"}"#)
        #expect(envelope.fault == nil)
        #expect(text(envelope.payload).contains(#""a""#))
    }

    @Test(
        "A structured event with a fault is refused at its place",
        arguments: [
            ("", "malformed", ""), ("[]", "wrong-type", ""), ("{}", "invalid-value", "/specversion"),
            (#"{"specversion":"0.3","data":{}}"#, "invalid-value", "/specversion"),
            (#"{"specversion":"1.0","id":"e"}"#, "missing-field", "/data"),
            (#"{"specversion":"1.0","id":7,"data":{}}"#, "wrong-type", "/id"),
            (#"{"specversion":"1.0","id":"a","id":"b","data":{}}"#, "duplicate-field", "/id"),
            (#"{"specversion":"1.0","data":{},"data_base64":""}"#, "invalid-value", "/data"),
            (#"{"specversion":"1.0","data_base64":"a"}"#, "invalid-value", "/data_base64"),
            (#"{"specversion":"1.0","data_base64":"a?=="}"#, "invalid-value", "/data_base64"),
            (#"{"specversion":"1.0","data_base64":"ab=="}"#, "invalid-value", "/data_base64"),
            (#"{"specversion":"1.0","data_base64":"===="}"#, "invalid-value", "/data_base64"),
            (
                #"{"specversion":"1.0","datacontenttype":"text/xml","data":"x"}"#, "unsupported-content-type",
                "/datacontenttype"
            ),
            (#"{"specversion":"1.0","data":{"a":"\u0000"}}"#, "nul-character", "/data"),
            (#"{"specversion":"1.0","data":{}} x"#, "malformed", ""),
        ] as [(String, Fault.Code, String)])
    func faults(json: String, code: Fault.Code, pointer: String) {
        let fault = structured(json).fault
        #expect(fault?.code == code)
        #expect(fault?.pointer == pointer)
    }

    @Test("What was read before a fault can still be answered")
    func partial() {
        let envelope = structured(#"{"specversion":"1.0","id":"e-1","type":"lease-ip","data":{"#)
        #expect(envelope.fault?.code == .malformed)
        #expect(envelope.id == "e-1")
        #expect(envelope.name == "lease-ip")
    }

    @Test("A command as a CloudEvent in binary mode", arguments: ["ce-", "cloudEvents_", "cloudEvents:"])
    func binary(prefix: String) {
        let attributes = [
            ("specversion", "1.0"), ("id", "e-1"), ("source", "/shop"), ("type", "ruche.lease-ip.v2"),
            ("tenant", "north"), ("correlationid", "c-1"), ("expiresAt", "2026-05-04T11:00:00Z"),
            ("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
        ]
        let envelope = Envelope.read(
            WireMessage(
                routingKey: "key", contentType: "application/json",
                headers: attributes.map { (name: prefix + $0.0, value: .text($0.1)) }, body: Array("{}".utf8)))
        #expect(envelope.fault == nil)
        #expect(envelope.id == "e-1")
        #expect(envelope.name == "lease-ip")
        #expect(envelope.version == 2)
        #expect(envelope.tenant == "north")
        #expect(envelope.correlationID == "c-1")
        #expect(envelope.expiresAt == Timestamp(microseconds: 1_777_892_400_000_000))
        #expect(envelope.traceparent != nil)
        #expect(text(envelope.payload) == "{}")
    }
}
