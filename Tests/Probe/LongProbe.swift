import Contracts

/// A long command of the tests: so many steps, each kept, each waiting for the test where it says so.
struct LongProbe: Command {
    enum Act: String, CaseIterable, Sendable {
        /// Goes through its steps and ends.
        case succeed
        /// Refuses at its end.
        case refuse
        /// Fails for now at the end of its first attempt.
        case recover
        /// Takes the process with it at its last step.
        case die
        /// Refuses in the transaction of its end, after it has written there.
        case refuseLate = "refuse-late"
        /// Does not hear that it is to end until it may.
        case stubborn
    }

    static let name: CommandName = "long-probe"
    static let summary = "Does what a test tells it, step by step."
    static let example = LongProbe()
    static let completionExample = LongProbed()
    static let isLong = true

    var act = Act.succeed
    /// How many steps it has.
    var steps = 1
    /// From which step on each waits for a row of `probe_gate`.
    var gate = 1000
    /// What it locks.
    var targets: [String] = []

    static let fields: FieldTable<LongProbe> = [
        .required("act", \.act, .choice, "How it goes."),
        .defaulted("steps", \.steps, .integer(0...1000), "How many steps it has."),
        .defaulted("gate", \.gate, .integer(0...1000), "From which step on each waits to be let through."),
        .defaulted("targets", \.targets, .list(of: .text(1...64), count: 0...8), "What it works on."),
    ]

    typealias Completion = LongProbed
}

/// The completion of a ``LongProbe``.
struct LongProbed: Message {
    var attempt = 0
    /// The fence of the holder that ended it.
    var fence = 0

    static let fields: FieldTable<LongProbed> = [
        .required("attempt", \.attempt, .integer(0...1000), "The attempt that succeeded."),
        .required("fence", \.fence, .integer(0...1_000_000), "The fence of its holder."),
    ]
}

/// Where a ``LongProbe`` goes on.
struct LongProbeMark: Message {
    var step = 0

    static let fields: FieldTable<LongProbeMark> = [.required("step", \.step, .integer(), "The next step.")]
}
