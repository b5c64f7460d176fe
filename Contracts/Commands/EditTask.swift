/// Changes a task whose time has not come. What is absent stays as it is; an edit that changes nothing succeeds and
/// leaves the version as it is.
public struct EditTask: Command, Hashable {
    /// The task.
    public var taskId = UniqueID.zero
    /// Who it belongs to.
    public var owner = ""
    /// The version that the owner saw; another one in force refuses the command.
    public var version = 0
    /// What is to be done.
    public var title: String?
    /// More about it; empty removes it.
    public var description: String?
    /// Where; empty removes it.
    public var place: String?
    /// The instant at which it expires.
    public var dueAt: Timestamp?
    /// The zone its owner thinks in. A new zone alone does not move the instant.
    public var zone: String?

    /// A command of defaults.
    public init() {}

    /// Changes the task of `owner` that has this version.
    public init(
        taskId: UniqueID, owner: String, version: Int, title: String? = nil, description: String? = nil,
        place: String? = nil, dueAt: Timestamp? = nil, zone: String? = nil
    ) {
        self.taskId = taskId
        self.owner = owner
        self.version = version
        self.title = title
        self.description = description
        self.place = place
        self.dueAt = dueAt
        self.zone = zone
    }

    /// The fields of the payload.
    public static let fields: FieldTable<EditTask> = [
        .required("taskId", \.taskId, .uniqueID, "The task."),
        .required("owner", \.owner, Limits.owner, "Who it belongs to."),
        .required("version", \.version, Limits.version, "The version that the owner saw; it must be the one in force."),
        .optional("title", \.title, Limits.title, "What is to be done."),
        .optional("description", \.description, Limits.description, "More about it; empty removes it."),
        .optional("place", \.place, Limits.place, "Where; empty removes it."),
        .optional("dueAt", \.dueAt, .timestamp, "The instant at which it expires; in the future."),
        .optional("zone", \.zone, Limits.zone, "The zone its owner thinks in (IANA); alone it does not move dueAt."),
    ]

    /// What an edit is answered with.
    public typealias Completion = TaskRecord
    /// `edit-task`.
    public static let name: CommandName = "edit-task"
    /// What it does.
    public static let summary = "Changes a task whose time has not come; its deadline moves along."
    /// A usual command.
    public static let example = EditTask(
        taskId: .exampleTask, owner: "ada", version: 1, place: "", dueAt: .example + .seconds(172_800))
    /// Its completion.
    public static let completionExample = {
        var record = TaskRecord.example
        record.version = 2
        record.place = ""
        record.dueAt = .example + .seconds(172_800)
        record.localTime = record.dueAt.rfc3339(secondsAhead: 7200)
        record.changedAt = .example + .seconds(3600)
        return record
    }()
}
