/// The completion of ``IngestLogs``: each line was stored, or left out for a reason.
public struct LogsIngested: Message, Hashable {
    /// Lines that are stored.
    public var accepted = 0
    /// Lines that were left out.
    public var rejected = 0
    /// Why, one entry a code.
    public var reasons: [LogRejection] = []

    /// A completion of defaults.
    public init() {}

    /// What became of the lines.
    public init(accepted: Int, rejections: LogRejections) {
        self.accepted = accepted
        rejected = rejections.count
        reasons = rejections.list
    }

    /// The fields of the completion.
    public static let fields: FieldTable<LogsIngested> = [
        .required("accepted", \.accepted, Limits.count, "Lines that are stored."),
        .required("rejected", \.rejected, Limits.count, "Lines that were left out."),
        .required("reasons", \.reasons, .list(of: .message, count: 0...100), "Why, one entry a code."),
    ]
}
