/// Takes over a provider's list of servers. Importing the same bytes twice changes nothing.
public struct ImportBatch: Command, Hashable {
    /// What an import does when some rows are at fault.
    public enum Mode: String, Sendable, CaseIterable {
        /// Nothing is imported.
        case atomic
        /// The other rows are imported.
        case skipInvalid = "skip-invalid"
    }

    /// The name of the import, for people.
    public var session = ""
    /// The provider of rows that name none.
    public var provider: String?
    /// The list as CSV text. It may have passwords.
    public var csv: String?
    /// The list as rows.
    public var rows: [ServerRow]?
    /// The list as the id of a sealed upload in the database, for lists larger than a message may be.
    public var upload: UniqueID?
    /// What to do when some rows are at fault.
    public var mode = Mode.atomic
    /// Whether to check everything and change nothing.
    public var dryRun = false

    /// A command of defaults.
    public init() {}

    /// Imports exactly one of `csv`, `rows` and `upload`.
    public init(
        session: String, provider: String? = nil, csv: String? = nil, rows: [ServerRow]? = nil,
        upload: UniqueID? = nil, mode: Mode = .atomic, dryRun: Bool = false
    ) {
        self.session = session
        self.provider = provider
        self.csv = csv
        self.rows = rows
        self.upload = upload
        self.mode = mode
        self.dryRun = dryRun
    }

    /// The fields of the payload.
    public static let fields: FieldTable<ImportBatch> = [
        .required("session", \.session, .text(1...200, .line), "The name of the import, for people."),
        .optional("provider", \.provider, Limits.provider, "The provider of rows that name none."),
        .optional("csv", \.csv, .text(1...1_048_576), "The list as CSV text (RFC 4180).", secret: true),
        .optional("rows", \.rows, .list(of: .message, count: 1...100_000), "The list as rows."),
        .optional(
            "upload", \.upload, .uniqueID, "The list as the id of a sealed upload, for more than a message holds."),
        .defaulted("mode", \.mode, .choice, "When rows are at fault: import nothing (atomic), or the others."),
        .defaulted("dryRun", \.dryRun, .flag, "Check everything and change nothing."),
    ]

    /// Checks that the list is there once.
    public static func validate(_ message: ImportBatch) throws(Fault) {
        let sources = [message.csv != nil, message.rows != nil, message.upload != nil].count { $0 }
        guard sources != 0 else { throw Fault(.missingField, "One of csv, rows and upload is required.") }
        guard sources == 1 else { throw Fault(.invalidValue, "Only one of csv, rows and upload may be given.") }
    }

    /// The list comes in one of three ways.
    public static let alternatives = ["csv", "rows", "upload"]

    /// What an import is answered with.
    public typealias Completion = BatchImported
    /// `import-batch`.
    public static let name: CommandName = "import-batch"
    /// What it does.
    public static let summary = "Takes over a provider's list of servers: new ones are inserted, known ones updated."
    /// A usual command.
    public static let example = ImportBatch(
        session: "May delivery", provider: "Example Hosting",
        csv: """
            serverIp,isSsl,cores,ramMb,storageGb,sshUser,sshPort,sshAuth
            192.0.2.17,true,8,16384,320,root,22,key

            """)
    /// Its completion.
    public static let completionExample = BatchImported(
        sessionId: 12, session: "May delivery", dryRun: false, inserted: 1, updated: 0, unchanged: 0, rejected: 0)
}
