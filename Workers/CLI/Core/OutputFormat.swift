/// How data is printed.
enum OutputFormat: String, CaseIterable {
    /// Columns for people; cut to the terminal's width where there is one.
    case table
    /// One JSON document.
    case json
    /// One JSON object a line.
    case jsonl
    /// The first column alone, for scripts.
    case name
    /// RFC 4180, with a header.
    case csv

    /// The names, for help and messages.
    static let names = allCases.map(\.rawValue).joined(separator: ", ")
}
