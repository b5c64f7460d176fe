/// What is wrong with one cell of a list.
public struct RowError: Message, Hashable {
    /// The line of the file, or the number of the row, both from 1; the header is line 1.
    public var line = 0
    /// The column, or nothing but an empty text for the whole row.
    public var column = ""
    /// A word in kebab case, for programs.
    public var code = ""
    /// What the cell has, cut to a readable length; never there for a column that may be secret.
    public var value: String?
    /// A sentence, for people.
    public var message = ""

    /// A fault of defaults.
    public init() {}

    /// A fault in a cell.
    public init(line: Int, column: String, code: String, value: String? = nil, message: String) {
        self.line = line
        self.column = column
        self.code = code
        self.value = value
        self.message = message
    }

    /// The fields of a fault.
    public static let fields: FieldTable<RowError> = [
        .required("line", \.line, Limits.count, "The line of the file, or the number of the row, both from 1."),
        .required("column", \.column, .text(0...200), "The column; empty for the whole row."),
        .required("code", \.code, .text(1...128, .kebab), "A word in kebab case, for programs."),
        .optional("value", \.value, .text(0...200), "What the cell has; never for a column that may be secret."),
        .required("message", \.message, .text(1...1000), "A sentence, for people."),
    ]
}
