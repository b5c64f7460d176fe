package import Contracts

/// Which spans are exported: what `OTEL_TRACES_SAMPLER` and `OTEL_TRACES_SAMPLER_ARG` say. Pure, and the same in every
/// process, so that a trace is exported whole.
package struct TraceSampler: Sendable, Equatable {
    /// Whether a span has the fate of the one that caused it.
    let followsParent: Bool
    /// The part of the traces that is exported, of those that nobody else decides about: 0 to 1.
    let ratio: Double

    /// What others sampled, and nothing that begins here.
    package static let standard = TraceSampler(followsParent: true, ratio: 0)

    /// A sampler of these rules.
    package init(followsParent: Bool, ratio: Double) {
        self.followsParent = followsParent
        self.ratio = ratio
    }

    /// The sampler of these settings; `nil` for words that OpenTelemetry does not have.
    ///
    /// - Parameters:
    ///   - name: such as `parentbased_traceidratio`.
    ///   - argument: the ratio, for the samplers that have one; 1 when it is not given.
    package init?(_ name: String, argument: String?) {
        let base = "parentbased_"
        let isBased = name.hasPrefix(base)
        switch isBased ? String(name.dropFirst(base.count)) : name {
        case "always_on": self.init(followsParent: isBased, ratio: 1)
        case "always_off": self.init(followsParent: isBased, ratio: 0)
        case "traceidratio":
            guard let ratio = Double(argument ?? "1"), (0...1).contains(ratio) else { return nil }
            self.init(followsParent: isBased, ratio: ratio)
        default: return nil
        }
    }

    /// The context of a span; `nil` when it is not exported.
    ///
    /// - Parameters:
    ///   - parent: what caused it.
    ///   - root: the trace that it begins without a parent.
    package func span(_ span: UInt64, under parent: TraceContext?, orIn root: UniqueID) -> TraceContext? {
        let trace = parent?.trace ?? root
        guard isSampled(trace, parent) else { return nil }
        return TraceContext(trace: trace, span: span == 0 ? 1 : span, flags: (parent?.flags ?? 0) | 1)
    }

    private func isSampled(_ trace: UniqueID, _ parent: TraceContext?) -> Bool {
        if followsParent, let parent { return parent.isSampled }
        if ratio >= 1 { return true }
        // 63 bits of the end of the trace's id, which is random: as other implementations of OpenTelemetry decide it.
        return trace.low >> 1 < UInt64(ratio * 0x1p63)
    }
}
