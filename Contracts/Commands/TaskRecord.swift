/// A task as it is after a command: the completion of ``CreateTask``, ``EditTask`` and ``CancelTask``.
public struct TaskRecord: Message, Hashable {
    /// What a task can be.
    public enum State: String, Sendable, CaseIterable {
        /// Its time has not come.
        case open
        /// Its owner took it back.
        case cancelled
        /// Its time came.
        case expired
    }

    /// The task.
    public var taskId = UniqueID.zero
    /// Grows with each edit that changes something: the next edit names it.
    public var version = 0
    /// What it is now.
    public var state = State.open
    /// Who it belongs to.
    public var owner = ""
    /// What is to be done.
    public var title = ""
    /// More about it; empty for nothing.
    public var description = ""
    /// Where; empty for nowhere in particular.
    public var place = ""
    /// The instant at which it expires.
    public var dueAt = Timestamp.epoch
    /// The zone its owner thinks in.
    public var zone = ""
    /// `dueAt` as the clocks of the zone show it.
    public var localTime = ""
    /// When it was made, or last changed, by the database's clock.
    public var changedAt = Timestamp.epoch

    /// A record of defaults.
    public init() {}

    /// The fields of the completion.
    public static let fields: FieldTable<TaskRecord> = [
        .required("taskId", \.taskId, .uniqueID, "The task."),
        .required("version", \.version, Limits.version, "Grows with each edit: the next edit names it."),
        .required("state", \.state, .choice, "What it is now."),
        .required("owner", \.owner, Limits.owner, "Who it belongs to."),
        .required("title", \.title, Limits.title, "What is to be done."),
        .required("description", \.description, Limits.description, "More about it; empty for nothing."),
        .required("place", \.place, Limits.place, "Where; empty for nowhere in particular."),
        .required("dueAt", \.dueAt, .timestamp, "The instant at which it expires."),
        .required("zone", \.zone, Limits.zone, "The zone its owner thinks in."),
        .required("localTime", \.localTime, Limits.localTime, "dueAt as the clocks of the zone show it."),
        .required("changedAt", \.changedAt, .timestamp, "When it was made, or last changed."),
    ]

    /// The task of the documents.
    static var example: TaskRecord {
        var record = TaskRecord()
        record.taskId = .exampleTask
        record.version = 1
        record.owner = "ada"
        record.title = "Renew the certificate"
        record.place = "Rack 4"
        record.dueAt = .example + .seconds(86_400)
        record.zone = "Europe/Paris"
        record.localTime = record.dueAt.rfc3339(secondsAhead: 7200)
        record.changedAt = .example
        return record
    }
}

extension Limits {
    /// Who a task belongs to.
    static let owner = Shape<String>.text(1...128, .line)
    /// What is to be done.
    static let title = Shape<String>.text(1...100, .title)
    /// More about it.
    static let description = Shape<String>.text(0...300)
    /// Where.
    static let place = Shape<String>.text(0...300, .line)
    /// The name of a time zone in the IANA's database.
    static let zone = Shape<String>.text(1...64, .identifier)
    /// RFC 3339 text with the zone's offset.
    static let localTime = Shape<String>.text(1...40, .line)
    /// A task's version.
    static let version = Shape<Int>.integer(1...Int(Int32.max))
}

extension UniqueID {
    /// The task of the documents' examples.
    static let exampleTask = UniqueID(high: 0x019D_F258_A0A8_7D42, low: 0x8C2E_5B6F_0A1B_2C3E)
}
