import Contracts

/// Where each column of a list stands.
struct ListHeader {
    /// How many fields each row must have.
    let count: Int
    private var places = [Int?](repeating: nil, count: Column.allCases.count)

    /// The header of rows that name their fields: every column, in order.
    static let all: ListHeader = {
        var header = ListHeader(count: Column.allCases.count)
        for column in Column.allCases { header.places[column.rawValue] = column.rawValue }
        return header
    }()

    private init(count: Int) {
        self.count = count
    }

    /// Reads the names, in whatever order and case they come. Adds everything that is wrong to `faults`, and returns
    /// nil if anything is.
    init?(_ record: CSVRecord, into faults: inout FaultList) {
        self.init(count: record.count)
        let before = faults.count
        guard !record.isTooLong, record.problems.isEmpty else {
            faults.add(.malformedQuotes, line: record.line, "The header cannot be read: a quote is in the wrong place.")
            return nil
        }
        for place in 0..<record.count {
            guard let name = String(validating: record[place], as: UTF8.self)?.trimmed else {
                faults.add(.notUTF8, line: record.line, "The list is not UTF-8 text. Save it as UTF-8 CSV.")
                return nil
            }
            read(name, at: place, line: record.line, into: &faults)
        }
        for column in Column.allCases where column.isRequired && places[column.rawValue] == nil {
            faults.add(
                .missingColumn, line: record.line, column: column, "The required column \(column.name) is missing.")
        }
        guard faults.count == before else { return nil }
    }

    /// The field of `column`, or nil when the list does not have it.
    func place(of column: Column) -> Int? { places[column.rawValue] }

    private mutating func read(_ name: String, at place: Int, line: Int, into faults: inout FaultList) {
        guard let column = Column.named(name) else {
            let meant = Suggestion.nearest(to: name, in: ServerRow.columns)
            let hint = meant.map { " Did you mean \($0)?" } ?? ""
            let subject = name.isEmpty ? "Column \(place + 1) has no name." : "There is no column of this name."
            faults.add(.unknownColumn, line: line, column: name, subject + hint)
            return
        }
        if let first = places[column.rawValue] {
            faults.add(
                .duplicateColumn, line: line, column: column,
                "Column \(place + 1) has the same name as column \(first + 1).")
            return
        }
        places[column.rawValue] = place
    }
}

extension Column {
    private static let byName = Dictionary(uniqueKeysWithValues: allCases.map { ($0.name.lowercased(), $0) })

    /// The column of this name. Spreadsheets capitalise, and no two names differ by case alone: so case does not count.
    static func named(_ name: String) -> Column? { byName[name.lowercased()] }
}

extension String {
    /// The text without blanks around it.
    var trimmed: String {
        guard let first = utf8.first, let last = utf8.last else { return self }
        guard first.isBlank || last.isBlank else { return self }
        let rest = utf8.drop(while: \.isBlank)
        return String(Substring(rest.prefix(rest.count - rest.reversed().prefix(while: \.isBlank).count)))
    }
}

extension UInt8 {
    fileprivate var isBlank: Bool { self == 0x20 || self == 0x09 }
}
