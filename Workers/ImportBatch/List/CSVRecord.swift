/// One record of a CSV file: its fields one after the other in one buffer, which the parser fills again and again.
struct CSVRecord {
    /// What is wrong with the form of a field.
    enum Problem {
        case malformedQuotes
        case tooLong
    }

    /// The line on which the record begins, from 1.
    var line = 1
    /// The bytes of all fields, quotes and separators taken away.
    var bytes: [UInt8] = []
    /// Where each field ends in ``bytes``.
    var ends: [Int] = []
    /// Fields of a wrong form; at most one entry each.
    var problems: [(field: Int, problem: Problem)] = []
    /// Whether the record is longer than allowed; only its beginning is here.
    var isTooLong = false
    /// The line of a quote that is never closed.
    var unterminatedQuote: Int?

    /// A record of these cells, as if they had been read.
    init(cells: [String] = [], line: Int = 1) {
        self.line = line
        for cell in cells {
            bytes.append(contentsOf: cell.utf8)
            ends.append(bytes.count)
        }
    }

    /// The number of fields.
    var count: Int { ends.count }

    /// The bytes of one field.
    subscript(field: Int) -> ArraySlice<UInt8> {
        bytes[(field == 0 ? 0 : ends[field - 1])..<ends[field]]
    }

    /// Whether nothing but blanks stands in it, as in an empty line or a row that a spreadsheet left behind.
    var isBlank: Bool {
        problems.isEmpty && !isTooLong && unterminatedQuote == nil && bytes.allSatisfy { $0 == 0x20 || $0 == 0x09 }
    }

    /// Empties the record and keeps its memory.
    mutating func clear() {
        bytes.removeAll(keepingCapacity: true)
        ends.removeAll(keepingCapacity: true)
        problems.removeAll(keepingCapacity: true)
        isTooLong = false
        unterminatedQuote = nil
    }
}
