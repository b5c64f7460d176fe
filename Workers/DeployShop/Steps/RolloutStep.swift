import Contracts

/// The steps by which a version comes to serve, in their order.
enum RolloutStep: String, Sendable, CaseIterable {
    case validate, build, preflight, ship, start, health, `switch`, verify, record, drain, clean

    /// What is done, for people.
    var sentence: String {
        switch self {
        case .validate: "Address, place and server are the shop's."
        case .build: "Builds the image."
        case .preflight: "Looks at the server's engine and disk."
        case .ship: "Sends what the server lacks of the image."
        case .start: "Starts the version beside the one that serves."
        case .health: "Waits until it answers."
        case .switch: "Has the proxy lead to it."
        case .verify: "Asks for it through the proxy."
        case .record: "It serves."
        case .drain: "Waits for those who are served by the version before."
        case .clean: "Removes what is of no use any more."
        }
    }

    /// How far that is.
    var progress: Progress {
        Progress(
            step: rawValue, text: sentence, done: Self.allCases.firstIndex(of: self),
            total: Self.allCases.count)
    }
}

/// Where a run is. Whoever takes it over undoes what does not serve yet, and begins anew.
struct RolloutMark: Message {
    var step = ""

    init() {}

    init(_ step: RolloutStep) { self.step = step.rawValue }

    static let fields: FieldTable<RolloutMark> = [.required("step", \.step, .text(1...32), "The step.")]
}
