import Contracts
import Testing

@testable import Runtime

@Suite struct TraceSamplerTests {
    private static let trace = UniqueID(high: 1, low: 1 << 63)
    private static let sampled = TraceContext(trace: UniqueID(high: 7, low: 7), span: 9, flags: 1)
    private static let unsampled = TraceContext(trace: UniqueID(high: 7, low: 7), span: 9, flags: 2)

    @Test(
        "A sampler decides as its name says",
        arguments: [
            ("parentbased_always_off", nil, true, false, false), ("parentbased_always_on", nil, true, false, true),
            ("always_on", nil, true, true, true), ("always_off", nil, false, false, false),
            ("parentbased_traceidratio", "0.4", true, false, false),
            ("parentbased_traceidratio", "0.6", true, false, true), ("traceidratio", "0", false, false, false),
            ("traceidratio", "1", true, true, true), ("traceidratio", nil, true, true, true),
        ] as [(String, String?, Bool, Bool, Bool)])
    func decisions(name: String, argument: String?, sampled: Bool, unsampled: Bool, root: Bool) throws {
        let sampler = try #require(TraceSampler(name, argument: argument))
        #expect((sampler.span(5, under: Self.sampled, orIn: Self.trace) != nil) == sampled)
        #expect((sampler.span(5, under: Self.unsampled, orIn: Self.trace) != nil) == unsampled)
        #expect((sampler.span(5, under: nil, orIn: Self.trace) != nil) == root)
    }

    @Test(
        "Words that OpenTelemetry does not have are no sampler",
        arguments: [
            ("", nil), ("always", nil), ("parentbased_", nil), ("traceidratio", "1.5"), ("traceidratio", "many"),
            ("traceidratio", "-0.1"), ("traceidratio", "nan"), ("jaeger_remote", nil),
        ] as [(String, String?)])
    func strangers(name: String, argument: String?) {
        #expect(TraceSampler(name, argument: argument) == nil)
    }

    @Test func aSpanStaysInTheTraceOfItsParentAndSaysThatItIsSampled() throws {
        let sampler = TraceSampler(followsParent: false, ratio: 1)
        let child = try #require(sampler.span(5, under: Self.unsampled, orIn: Self.trace))
        #expect(child == TraceContext(trace: Self.unsampled.trace, span: 5, flags: 3))
        let root = try #require(sampler.span(0, under: nil, orIn: Self.trace))
        #expect(root == TraceContext(trace: Self.trace, span: 1, flags: 1), "a span's id is not zero")
    }
}
