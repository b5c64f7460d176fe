import Contracts

/// One value of a row: what a table shows and what JSON says.
enum Cell {
    case text(String)
    case number(Int)
    /// A number of tenths: 15 is 1.5.
    case tenths(Int)
    case flag(Bool)
    case time(Timestamp)
    /// A JSON document as it is.
    case json([UInt8])
    case none

    /// The value as JSON; no value is `null`.
    func write(to writer: inout JSONWriter) {
        switch self {
        case .text(let text): writer.write(text)
        case .number(let number): writer.write(number)
        case .tenths: writer.write(json: Array(shown(relativeTo: nil).utf8))
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
        case .tenths(let number): "\(number / 10).\(number % 10)"
        case .flag(let flag): flag ? "yes" : "no"
        case .time(let time): now.map { Cell.relative(time, $0) } ?? time.rfc3339
        case .json(let bytes): String(decoding: bytes, as: UTF8.self)
        case .none: "-"
        }
    }

    /// The value as a cell of RFC 4180; no value is empty.
    var csv: String {
        if case .none = self { return "" }
        return shown(relativeTo: nil).csvCell
    }

    /// Whether it lines up to the right.
    var isNumber: Bool {
        switch self {
        case .number, .tenths: true
        default: false
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
