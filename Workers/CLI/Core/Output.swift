import Contracts
import Glibc

/// How data is printed.
enum OutputFormat: String, CaseIterable {
    case table, json, jsonl
}

/// One value of a row: what a table shows and what JSON says.
enum Cell {
    case text(String)
    case number(Int)
    case flag(Bool)
    case time(Timestamp)
    /// A JSON document as it is.
    case json([UInt8])
    case none

    func write(to writer: inout JSONWriter) {
        switch self {
        case .text(let text): writer.write(text)
        case .number(let number): writer.write(number)
        case .flag(let flag): writer.write(flag)
        case .time(let time): writer.write(time)
        case .json(let bytes): writer.write(json: bytes)
        case .none: writer.writeNull()
        }
    }

    /// - Parameter now: times are shown relative to it; absolute when `nil`.
    func shown(relativeTo now: Timestamp?) -> String {
        switch self {
        case .text(let text): text
        case .number(let number): String(number)
        case .flag(let flag): flag ? "yes" : "no"
        case .time(let time): now.map { Cell.relative(time, $0) } ?? time.rfc3339
        case .json(let bytes): String(decoding: bytes, as: UTF8.self)
        case .none: "-"
        }
    }

    private static func relative(_ time: Timestamp, _ now: Timestamp) -> String {
        let seconds = (now.microseconds - time.microseconds) / 1_000_000
        let size = abs(seconds)
        let text =
            size < 120
            ? "\(size) s"
            : size < 7200
                ? "\(size / 60) min"
                : size < 172_800
                    ? "\(size / 3600) h"
                    : "\(size / 86_400) d"
        return seconds >= 0 ? "\(text) ago" : "in \(text)"
    }
}

/// Prints rows on stdout, in the format the caller chose.
struct Output {
    let format: OutputFormat
    let isTerminal = isatty(1) == 1

    init(_ invocation: Invocation) throws(Failure) {
        let name = invocation.value("output") ?? "table"
        guard let format = OutputFormat(rawValue: name) else {
            let names = OutputFormat.allCases.map(\.rawValue).joined(separator: ", ")
            throw Failure(.usage, "--output takes one of \(names)")
        }
        self.format = format
    }

    /// Prints rows under these columns.
    func rows(_ columns: [String], _ rows: [[Cell]]) {
        switch format {
        case .table: table(columns, rows)
        case .jsonl: for row in rows { line(object(columns, row)) }
        case .json:
            line("[" + rows.map { object(columns, $0) }.joined(separator: ",\n ") + "]")
        }
    }

    /// Prints one thing, a field a line.
    func record(_ fields: [(String, Cell)]) {
        switch format {
        case .json, .jsonl: line(object(fields.map(\.0), fields.map(\.1)))
        case .table:
            let width = fields.map(\.0.count).max() ?? 0
            let now = isTerminal ? Timestamp.now : nil
            for (name, cell) in fields {
                if case .none = cell { continue }
                line(name + String(repeating: " ", count: width - name.count + 2) + cell.shown(relativeTo: now))
            }
        }
    }

    /// Prints a line of data.
    func line(_ text: String) { emit(text) }

    private func table(_ columns: [String], _ rows: [[Cell]]) {
        let now = isTerminal ? Timestamp.now : nil
        let cells = [columns.map { $0.uppercased() }] + rows.map { $0.map { $0.shown(relativeTo: now) } }
        let widths = columns.indices.map { column in cells.map { $0[column].count }.max() ?? 0 }
        for row in cells {
            var text = ""
            for (column, cell) in row.enumerated() {
                text += cell
                if column < row.count - 1 { text += String(repeating: " ", count: widths[column] - cell.count + 2) }
            }
            line(text)
        }
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

/// Data goes to stdout, a line at a time and at once, also into a pipe: whoever follows events sees each as it comes.
func emit(_ text: String) {
    // Nobody reads any more: like any filter, end in silence.
    if !File.send(text + "\n", to: 1) { exit(0) }
}

/// Messages for people go to stderr.
func note(_ text: String) {
    _ = File.send(text + "\n", to: 2)
}
