import Contracts

/// A command of the tests: does what it is told, and leaves one row each time it does it.
struct Probe: Command {
    enum Act: String, CaseIterable, Sendable {
        /// Writes its row.
        case succeed
        /// Refuses before it writes.
        case refuse
        /// Writes, then refuses: the row must not stay.
        case writeAndRefuse = "write-and-refuse"
        /// Writes, then fails for good.
        case writeAndFail = "write-and-fail"
        /// Writes, then fails for now.
        case transient
        /// Fails for now on the first attempts, then writes its row.
        case recover
        /// A statement the database refuses.
        case badStatement = "bad-statement"
        /// Runs in the database until it is cancelled.
        case hang
        /// Takes the process with it.
        case die
        /// Computes for a while, then writes its row.
        case slow
        /// Lends one of the places in `probe_place`, then writes its row.
        case lend
    }

    static let name: CommandName = "probe"
    static let summary = "Does what a test tells it."
    static let example = Probe(act: .succeed)
    static let completionExample = Probed(attempt: 1)

    var act = Act.succeed
    /// What the cap of the worker counts by.
    var lane = ""
    /// For `slow`.
    var milliseconds = 0

    init() {}

    init(act: Act) { self.act = act }

    static let fields: FieldTable<Probe> = [
        .required("act", \.act, .choice, "What to do."),
        .defaulted("lane", \.lane, .text(0...64), "The key of the cap."),
        .defaulted("milliseconds", \.milliseconds, .integer(0...60_000), "How long to take."),
    ]

    typealias Completion = Probed
}

/// The completion of a ``Probe``.
struct Probed: Message {
    var attempt = 0

    init() {}

    init(attempt: Int) { self.attempt = attempt }

    static let fields: FieldTable<Probed> = [
        .required("attempt", \.attempt, .integer(0...1000), "The attempt that succeeded.")
    ]
}
