/// How far a long command has come: the `data` of a `progressed` event.
public struct Progress: Message, Hashable {
    /// What is being done, in kebab case.
    public var step = ""
    /// The same in a sentence for people; it never contains a secret.
    public var text = ""
    /// How much of ``total`` is done, in whatever the step counts.
    public var done: Int?
    /// How much there is to do.
    public var total: Int?
    /// How far each place has come, where the command works on several: a server, a shop.
    public var places: [PlaceProgress]?

    /// Nothing yet.
    public init() {}

    /// A step with its sentence.
    public init(
        step: String, text: String = "", done: Int? = nil, total: Int? = nil, places: [PlaceProgress]? = nil
    ) {
        self.step = step
        self.text = text
        self.done = done
        self.total = total
        self.places = places
    }

    /// The fields of the progress.
    public static let fields: FieldTable<Progress> = [
        .required("step", \.step, .text(1...128, .kebab), "What is being done: a word in kebab case, for programs."),
        .defaulted("text", \.text, .text(0...10_000), "The same in a sentence, for people."),
        .optional("done", \.done, Limits.count, "How much of the total is done."),
        .optional("total", \.total, Limits.count, "How much there is to do."),
        .optional(
            "places", \.places, .list(of: .message, count: 0...1000),
            "How far each server or shop has come, where there are several."),
    ]
}

/// How far a long command has come with one of the places that it works on.
public struct PlaceProgress: Message, Hashable {
    /// How it stands there.
    public enum State: String, Sendable, CaseIterable {
        /// Its turn has not come.
        case waiting
        /// It is worked on.
        case running
        /// It is as it should be.
        case done
        /// It did not work out, and nothing more is done there.
        case failed
    }

    /// The place: an address, a domain.
    public var place = ""
    /// How it stands.
    public var state = State.waiting
    /// What is being done there, or was last.
    public var task: String?
    /// Why it failed, or what else there is to say, for people; it never contains a secret.
    public var text: String?

    /// A place where nothing has begun.
    public init() {}

    /// How one place stands.
    public init(place: String, state: State, task: String? = nil, text: String? = nil) {
        self.place = place
        self.state = state
        self.task = task
        self.text = text
    }

    /// The fields of a place's progress.
    public static let fields: FieldTable<PlaceProgress> = [
        .required("place", \.place, .text(1...255, .line), "The place: an address, a domain."),
        .required("state", \.state, .choice, "How it stands there."),
        .optional("task", \.task, .text(0...1000), "What is being done there, or was last."),
        .optional("text", \.text, .text(0...10_000), "Why it failed, or what else there is to say, for people."),
    ]
}
