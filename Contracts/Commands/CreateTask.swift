/// Makes a task that expires by itself when its time comes.
public struct CreateTask: Command, Hashable {
    /// Who it belongs to; only this name edits and cancels it.
    public var owner = ""
    /// What is to be done.
    public var title = ""
    /// More about it.
    public var description = ""
    /// Where.
    public var place = ""
    /// The instant at which it expires.
    public var dueAt = Timestamp.epoch
    /// The zone its owner thinks in: a name of the IANA's database.
    public var zone = "UTC"

    /// A command of defaults.
    public init() {}

    /// Makes a task of `owner`.
    public init(
        owner: String, title: String, description: String = "", place: String = "", dueAt: Timestamp,
        zone: String = "UTC"
    ) {
        self.owner = owner
        self.title = title
        self.description = description
        self.place = place
        self.dueAt = dueAt
        self.zone = zone
    }

    /// The fields of the payload.
    public static let fields: FieldTable<CreateTask> = [
        .required("owner", \.owner, Limits.owner, "Who it belongs to; only this name edits and cancels it."),
        .required("title", \.title, Limits.title, "What is to be done."),
        .defaulted("description", \.description, Limits.description, "More about it."),
        .defaulted("place", \.place, Limits.place, "Where."),
        .required("dueAt", \.dueAt, .timestamp, "The instant at which it expires; in the future."),
        .defaulted("zone", \.zone, Limits.zone, "The zone its owner thinks in, such as Europe/Paris (IANA)."),
    ]

    /// What a new task is answered with.
    public typealias Completion = TaskRecord
    /// `create-task`.
    public static let name: CommandName = "create-task"
    /// What it does.
    public static let summary = "Makes a task that expires by itself when its time comes."
    /// A usual command.
    public static let example = CreateTask(
        owner: "ada", title: "Renew the certificate", place: "Rack 4", dueAt: .example + .seconds(86_400),
        zone: "Europe/Paris")
    /// Its completion.
    public static let completionExample = TaskRecord.example
}
