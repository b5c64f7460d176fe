/// Ends a task whose time has come. The schedule sends it; it acts only if the version still matches and the time is
/// past, so that an edit before the deadline always wins.
public struct ExpireTask: Command, Hashable {
    /// The task.
    public var taskId = UniqueID.zero
    /// The version that was in force when the deadline was scheduled.
    public var version = 0

    /// A command of defaults.
    public init() {}

    /// Ends the task if its version is still `version`.
    public init(taskId: UniqueID, version: Int) {
        self.taskId = taskId
        self.version = version
    }

    /// The fields of the payload.
    public static let fields: FieldTable<ExpireTask> = [
        .required("taskId", \.taskId, .uniqueID, "The task."),
        .required("version", \.version, Limits.version, "The version in force when the deadline was scheduled."),
    ]

    /// What an expiry is answered with.
    public typealias Completion = TaskExpired
    /// `expire-task`.
    public static let name: CommandName = "expire-task"
    /// What it does.
    public static let summary = "Ends a task whose time has come; sent by the schedule."
    /// A usual command.
    public static let example = ExpireTask(taskId: .exampleTask, version: 1)
    /// Its completion.
    public static let completionExample = TaskExpired(
        taskId: .exampleTask, version: 1, owner: "ada", title: "Renew the certificate",
        dueAt: .example + .seconds(86_400), zone: "Europe/Paris",
        localTime: (.example + .seconds(86_400)).rfc3339(secondsAhead: 7200), expired: true)
}

/// The completion of ``ExpireTask``, also when there was nothing left to end.
public struct TaskExpired: Message, Hashable {
    /// The task.
    public var taskId = UniqueID.zero
    /// The version in force.
    public var version = 0
    /// Who it belongs to.
    public var owner = ""
    /// What was to be done.
    public var title = ""
    /// The instant at which it expires.
    public var dueAt = Timestamp.epoch
    /// The zone its owner thinks in.
    public var zone = ""
    /// `dueAt` as the clocks of the zone show it.
    public var localTime = ""
    /// Whether this command ended the task; it did not when the task was edited or cancelled before.
    public var expired = false

    /// A completion of defaults.
    public init() {}

    /// The end of a task, or the reason to leave it be.
    public init(
        taskId: UniqueID, version: Int, owner: String, title: String, dueAt: Timestamp, zone: String,
        localTime: String, expired: Bool
    ) {
        self.taskId = taskId
        self.version = version
        self.owner = owner
        self.title = title
        self.dueAt = dueAt
        self.zone = zone
        self.localTime = localTime
        self.expired = expired
    }

    /// The fields of the completion.
    public static let fields: FieldTable<TaskExpired> = [
        .required("taskId", \.taskId, .uniqueID, "The task."),
        .required("version", \.version, Limits.version, "The version in force."),
        .required("owner", \.owner, Limits.owner, "Who it belongs to."),
        .required("title", \.title, Limits.title, "What was to be done."),
        .required("dueAt", \.dueAt, .timestamp, "The instant at which it expires."),
        .required("zone", \.zone, Limits.zone, "The zone its owner thinks in."),
        .required("localTime", \.localTime, Limits.localTime, "dueAt as the clocks of the zone show it."),
        .required(
            "expired", \.expired, .flag, "Whether this ended the task: not if it was edited or cancelled before."),
    ]
}
