/// Takes a task back before its time.
public struct CancelTask: Command, Hashable {
    /// The task.
    public var taskId = UniqueID.zero
    /// Who it belongs to.
    public var owner = ""
    /// The version that the owner saw; another one in force refuses the command.
    public var version: Int?

    /// A command of defaults.
    public init() {}

    /// Cancels the task of `owner`.
    public init(taskId: UniqueID, owner: String, version: Int? = nil) {
        self.taskId = taskId
        self.owner = owner
        self.version = version
    }

    /// The fields of the payload.
    public static let fields: FieldTable<CancelTask> = [
        .required("taskId", \.taskId, .uniqueID, "The task."),
        .required("owner", \.owner, Limits.owner, "Who it belongs to."),
        .optional("version", \.version, Limits.version, "The version that the owner saw; it must be the one in force."),
    ]

    /// What a cancellation is answered with.
    public typealias Completion = TaskRecord
    /// `cancel-task`.
    public static let name: CommandName = "cancel-task"
    /// What it does.
    public static let summary = "Takes a task back before its time."
    /// A usual command.
    public static let example = CancelTask(taskId: .exampleTask, owner: "ada", version: 1)
    /// Its completion.
    public static let completionExample = {
        var record = TaskRecord.example
        record.state = .cancelled
        record.changedAt = .example + .seconds(3600)
        return record
    }()
}
