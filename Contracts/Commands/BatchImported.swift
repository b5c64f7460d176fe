/// The completion of ``ImportBatch``: each row was inserted, updated, left as it was, or rejected.
public struct BatchImported: Message, Hashable {
    /// How many faults a completion lists at most.
    public static let errorLimit = 100

    /// The import, under which its rows can be found; 0 after a dry run.
    public var sessionId = 0
    /// The name that the command gave it.
    public var session = ""
    /// Whether nothing was changed because it was a dry run.
    public var dryRun = false
    /// Rows of servers that were not known.
    public var inserted = 0
    /// Rows that changed a known server.
    public var updated = 0
    /// Rows of known servers that changed nothing.
    public var unchanged = 0
    /// Rows at fault.
    public var rejected = 0
    /// The faults in order of their lines, the first ``errorLimit`` of them.
    public var errors: [RowError] = []
    /// Whether there are more faults than listed.
    public var errorsTruncated = false

    /// A completion of defaults.
    public init() {}

    /// What became of the rows.
    public init(
        sessionId: Int, session: String, dryRun: Bool, inserted: Int, updated: Int, unchanged: Int, rejected: Int,
        errors: [RowError] = []
    ) {
        self.sessionId = sessionId
        self.session = session
        self.dryRun = dryRun
        self.inserted = inserted
        self.updated = updated
        self.unchanged = unchanged
        self.rejected = rejected
        self.errors = Array(errors.prefix(Self.errorLimit))
        errorsTruncated = errors.count > Self.errorLimit
    }

    /// The fields of the completion.
    public static let fields: FieldTable<BatchImported> = [
        .required("sessionId", \.sessionId, Limits.count, "The import; 0 after a dry run."),
        .required("session", \.session, .text(1...200, .line), "The name that the command gave it."),
        .required("dryRun", \.dryRun, .flag, "Whether nothing was changed because it was a dry run."),
        .required("inserted", \.inserted, Limits.count, "Rows of servers that were not known."),
        .required("updated", \.updated, Limits.count, "Rows that changed a known server."),
        .required("unchanged", \.unchanged, Limits.count, "Rows of known servers that changed nothing."),
        .required("rejected", \.rejected, Limits.count, "Rows at fault."),
        .required(
            "errors", \.errors, .list(of: .message, count: 0...errorLimit), "The first faults, in order of lines."),
        .required("errorsTruncated", \.errorsTruncated, .flag, "Whether there are more faults than listed."),
    ]
}
