import Contracts
import Testing

@Suite struct TraceContextTests {
    private static let text = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

    @Test func whatIsReadIsWrittenAgain() throws {
        let context = try #require(TraceContext(parsing: Self.text))
        #expect(context.traceID == "4bf92f3577b34da6a3ce929d0e0e4736")
        #expect(TraceContext.spanID(context.span) == "00f067aa0ba902b7")
        #expect(context.isSampled)
        #expect(context.traceparent == Self.text)
    }

    @Test func aLaterVersionIsReadAsFarAsItIsKnownAndWrittenAsThisOne() throws {
        let context = try #require(TraceContext(parsing: "cc" + Self.text.dropFirst(2) + "-what-the-future-has"))
        #expect(context.traceparent == Self.text)
        #expect(TraceContext(parsing: "cc" + Self.text.dropFirst(2))?.traceparent == Self.text)
    }

    @Test func theFlagsAreKeptAndOnlyTheLowestBitSamples() throws {
        #expect(TraceContext(parsing: Self.text.dropLast(2) + "02")?.isSampled == false)
        #expect(TraceContext(parsing: Self.text.dropLast(2) + "03")?.traceparent.hasSuffix("-03") == true)
    }

    @Test(
        "What is not well-formed is no context",
        arguments: [
            "", "00", "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0g",
            "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01more",
            "00-4bf92f3577b34da6a3ce929d0e0e4736_00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e473é-00f067aa0ba902b7-0",
        ])
    func malformed(text: String) {
        #expect(TraceContext(parsing: text) == nil)
    }

    @Test func aStateIsPrintableAndShort() {
        #expect(TraceContext.allowsState("vendor=1,other=two"))
        #expect(TraceContext.allowsState(String(repeating: "a", count: 512)))
        #expect(!TraceContext.allowsState(String(repeating: "a", count: 513)))
        #expect(!TraceContext.allowsState(""))
        #expect(!TraceContext.allowsState("a=b\r\nc"))
        #expect(!TraceContext.allowsState("a=é"))
    }

    @Test func anEventHasTheWholeContextOfItsCommand() throws {
        var event = CompletionEvent(
            id: UniqueID.zero, command: "lease-ip", kind: .succeeded, subject: "a", time: .epoch,
            traceparent: Self.text, tracestate: "vendor=1")
        #expect(try CompletionEvent(parsing: event.encode()) == event)
        event.tracestate = nil
        #expect(try CompletionEvent(parsing: event.encode()).tracestate == nil)
    }
}
