import Contracts
import Testing

@testable import Runtime

@Suite struct SpanBodyTests {
    @Test func aSpanIsEncodedAsOTLPHasIt() throws {
        let trace = UniqueID(high: 0x4bf9_2f35_77b3_4da6, low: 0xa3ce_929d_0e0e_4736)
        let context = TraceContext(trace: trace, span: 255, flags: 1)
        var span = Span(
            "process lease-ip", .consumer, context: context, parent: 16, state: "vendor=1",
            start: Timestamp(microseconds: 1_700_000_000_000_001),
            attributes: [("text", .text("a \"b\"")), ("count", .integer(.max)), ("share", .number(0.5))])
        span.end = span.start + .milliseconds(2)
        span.fail("told-to")
        let body = String(decoding: SpanBody.encode([span], of: [("service.name", "lease-ip")]), as: UTF8.self)
        let expected = #"""
            {"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"lease-ip"}}]},\
            "scopeSpans":[{"scope":{"name":"ruche","version":"\#(Service.version)"},"spans":[\
            {"traceId":"4bf92f3577b34da6a3ce929d0e0e4736","spanId":"00000000000000ff",\
            "parentSpanId":"0000000000000010",\
            "traceState":"vendor=1","flags":769,"name":"process lease-ip","kind":5,\
            "startTimeUnixNano":"1700000000000001000","endTimeUnixNano":"1700000000002001000","attributes":[\
            {"key":"text","value":{"stringValue":"a \"b\""}},\
            {"key":"count","value":{"intValue":"9223372036854775807"}},{"key":"share","value":{"doubleValue":0.5}},\
            {"key":"error.type","value":{"stringValue":"told-to"}}],"status":{"code":2,"message":"told-to"}}]}]}]}
            """#.replacing("\\\n", with: "")
        #expect(body == expected)
    }

    @Test(
        "What was not taken is read from the answer",
        arguments: [
            ("", 0), ("{}", 0), (#"{"partialSuccess":{}}"#, 0), (#"{"partialSuccess":{"rejectedSpans":"3"}}"#, 3),
            (#"{"partialSuccess":{"errorMessage":"a warning","rejectedSpans":4}}"#, 4),
            (#"{"partialSuccess":{"rejectedSpans":"-1"}}"#, 0), ("no JSON", 0), (#"{"partialSuccess":7}"#, 0),
        ])
    func partialSuccess(answer: String, rejected: Int) {
        #expect(SpanBody.rejected(Array(answer.utf8)) == rejected)
    }
}
