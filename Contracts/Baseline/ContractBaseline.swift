/// The contract as it was at one time, to hold later ones against.
public struct ContractBaseline: Message, Hashable {
    /// One command of it.
    public struct Entry: Message, Hashable {
        /// The command.
        public var name = ""
        /// The version of its payload.
        public var version = 1
        /// Whether its messages need an id.
        public var identity = Identity.required
        /// The fields of which exactly one must be there.
        public var alternatives: [String] = []
        /// The payload.
        public var payload: [FieldShape] = []
        /// What the event of a success carries.
        public var completion: [FieldShape] = []

        /// An entry of defaults.
        public init() {}

        /// A command as it is now.
        public init(_ command: any Command.Type) {
            name = command.name.rawValue
            version = command.version
            identity = command.identity
            alternatives = command.alternatives
            payload = FieldShape.fields(of: command)
            completion = FieldShape.fields(of: command.completionType)
        }

        /// The fields of the file.
        public static let fields: FieldTable<Entry> = [
            .required("name", \.name, .text(1...64, .kebab), "The command."),
            .required("version", \.version, .integer(1...32_767), "The version of its payload."),
            .required("identity", \.identity, .choice, "Whether its messages need an id."),
            .defaulted(
                "alternatives", \.alternatives, .list(of: .text(1...128), count: 0...64),
                "The fields of which exactly one must be there."),
            .required("payload", \.payload, .list(of: .message, count: 0...64), "The payload."),
            .required("completion", \.completion, .list(of: .message, count: 0...64), "The data of a success."),
        ]
    }

    /// The commands, in the order of their names.
    public var commands: [Entry] = []

    /// A baseline of nothing.
    public init() {}

    /// The contract of these commands as it is now.
    public init(of commands: [any Command.Type]) {
        self.commands = commands.map(Entry.init).sorted { $0.name < $1.name }
    }

    /// The fields of the file.
    public static let fields: FieldTable<ContractBaseline> = [
        .required("commands", \.commands, .list(of: .message, count: 0...1024), "The commands.")
    ]

    /// The file: indented JSON that ends in a newline, the same bytes for the same contract.
    public var text: String {
        do { return try DocumentNode(json: json()).json } catch { preconditionFailure("a baseline is JSON: \(error)") }
    }
}
