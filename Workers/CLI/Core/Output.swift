import Contracts
import Glibc

/// Prints rows on stdout, in the format the caller chose.
///
/// Tables are for people: cut to the terminal's width, coloured, times relative to now; in a pipe they are whole,
/// plain and absolute. The other formats are the same everywhere.
struct Output {
    /// How times are shown in a table.
    enum Times: String, CaseIterable {
        case relative, iso
    }

    let format: OutputFormat
    private let hasHeaders: Bool
    private let hasColor: Bool
    private let times: Times
    private var width: Int?

    init(_ invocation: Invocation) throws(Failure) {
        format = try Self.format(invocation)
        let isTerminal = Terminal.isOutput
        hasHeaders = !invocation.has("no-headers")
        hasColor = Terminal.hasColor(try invocation.choice("color", default: .auto))
        times = try invocation.choice("time", default: isTerminal ? .relative : .iso)
        width = Terminal.size?.columns
    }

    private static func format(_ invocation: Invocation) throws(Failure) -> OutputFormat {
        let format: OutputFormat = try invocation.choice("output", default: invocation.has("json") ? .json : .table)
        if invocation.has("json"), format != .json {
            throw Failure(.usage, "--json and --output \(format.rawValue) contradict each other")
        }
        return format
    }

    /// Prints rows under these columns.
    func rows(_ columns: [String], _ rows: [[Cell]]) {
        switch format {
        case .table: lines(table(columns, rows))
        case .jsonl: lines(rows.map { object(columns, $0) })
        case .json: line(rows.isEmpty ? "[]" : "[" + rows.map { object(columns, $0) }.joined(separator: ",\n ") + "]")
        case .name: lines(rows.map { $0.first?.shown(relativeTo: nil) ?? "" })
        case .csv: csv(columns, rows)
        }
    }

    /// Prints one thing, a field a line.
    func record(_ fields: [(String, Cell)]) {
        switch format {
        case .json, .jsonl: line(object(fields.map(\.0), fields.map(\.1)))
        case .name: line(fields.first?.1.shown(relativeTo: nil) ?? "")
        case .csv: csv(fields.map(\.0), [fields.map(\.1)])
        case .table:
            let width = fields.map(\.0.count).max() ?? 0
            for (name, cell) in fields {
                if case .none = cell { continue }
                line(name + String(repeating: " ", count: width - name.count + 2) + painted(shown(cell), in: name))
            }
        }
    }

    /// Prints one thing of which rows are a part: a member of its JSON, called `name`.
    func record(_ fields: [(String, Cell)], _ name: String, _ columns: [String], _ rows: [[Cell]]) {
        record(fields + [(name, .json(list(columns, rows)))])
    }

    /// Rows as one JSON list, for a member of one thing.
    func list(_ columns: [String], _ rows: [[Cell]]) -> [UInt8] {
        Array("[\(rows.map { object(columns, $0) }.joined(separator: ","))]".utf8)
    }

    /// The same output for a terminal that has become another size.
    func fitted(to columns: Int?) -> Output {
        var output = self
        output.width = columns
        return output
    }

    /// A line of text that fits the terminal.
    func cut(_ text: String) -> String { width.map { TextWidth.fitted(text, to: $0) } ?? text }

    /// Prints a line of data.
    func line(_ text: String) { emit(text) }

    private var now: Timestamp? { times == .relative ? .now : nil }

    private func shown(_ cell: Cell) -> String { TextWidth.harmless(cell.shown(relativeTo: now)) }

    /// A word in the colour that it has in a column, if there are colours.
    func painted(_ text: String, in column: String) -> String {
        guard hasColor, let tone = Tone.of(text, in: column) else { return text }
        return tone.painted(text)
    }

    /// The lines of a table, its header among them.
    func table(_ columns: [String], _ rows: [[Cell]]) -> [String] {
        let now = now
        var header = columns.map { $0.uppercased() }
        var texts = rows.map { $0.map { TextWidth.harmless($0.shown(relativeTo: now)) } }
        let all = hasHeaders ? [header] + texts : texts
        let kept = TableLayout.kept(columns, TableLayout.natural(all, columns.count), within: width)
        header = kept.map { header[$0] }
        texts = texts.map { row in kept.map { row[$0] } }
        let alignments: [TableLayout.Alignment] = kept.map { column in
            rows.contains { $0[column].isNumber } ? .right : .left
        }
        let names = kept.map { columns[$0] }
        let layout = TableLayout(
            hasHeaders ? [header] + texts : texts, alignments, within: width, keeping: names.firstIndex(of: "id"))
        var lines: [String] = []
        if hasHeaders { lines.append(layout.line(header) { hasColor ? Tone.heading.painted($1) : $1 }) }
        for row in texts { lines.append(layout.line(row) { painted($1, in: names[$0]) }) }
        return lines
    }

    private func csv(_ columns: [String], _ rows: [[Cell]]) {
        let header = hasHeaders ? [columns.joined(separator: ",")] : []
        lines((header + rows.map { $0.map(\.csv).joined(separator: ",") }).map { $0 + "\r" })
    }

    /// One write for all of them.
    private func lines(_ all: [String]) {
        if !all.isEmpty { emit(all.joined(separator: "\n")) }
    }

    private func object(_ names: [String], _ cells: [Cell]) -> String {
        var writer = JSONWriter()
        writer.beginObject()
        for (name, cell) in zip(names, cells) {
            writer.key(name)
            cell.write(to: &writer)
        }
        writer.endObject()
        return String(decoding: writer.bytes, as: UTF8.self)
    }
}
