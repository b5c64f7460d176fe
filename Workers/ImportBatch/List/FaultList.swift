import Contracts

/// The faults of a list: all are counted, the first ``limit`` are kept.
struct FaultList {
    /// How many faults are kept, which bounds the memory that a list of nothing but faults can take.
    static let limit = 10_000
    /// The longest piece of a cell that is shown.
    private static let shownLength = 100

    /// What was kept, in the order of discovery.
    private(set) var kept: [RowError] = []
    /// How many there are in all.
    private(set) var count = 0

    var isEmpty: Bool { count == 0 }

    /// Adds a fault of a cell. The cell itself is shown only if its column is not secret.
    mutating func add(_ code: FaultCode, line: Int, column: Column, value: String? = nil, _ message: String) {
        add(code, line: line, column: column.name, value: column.isSecret ? nil : value, message)
    }

    /// Adds a fault of a row, a header name or the whole list.
    mutating func add(_ code: FaultCode, line: Int, column: String = "", value: String? = nil, _ message: String) {
        count += 1
        guard kept.count < Self.limit else { return }
        kept.append(
            RowError(
                line: line, column: column.shortened(to: Self.shownLength), code: code.rawValue,
                value: value?.shortened(to: Self.shownLength), message: message))
    }

    /// Adds the faults of a later row.
    mutating func append(_ later: FaultList) {
        count += later.count
        kept.append(contentsOf: later.kept.prefix(Self.limit - kept.count))
    }

    /// Adds faults that were found elsewhere, `total` of them although only the first were brought along.
    mutating func merge(_ others: [RowError], total: Int) {
        count += total
        guard !others.isEmpty else { return }
        kept.append(contentsOf: others)
        kept.sort { ($0.line, $0.column) < ($1.line, $1.column) }
        kept.removeLast(max(0, kept.count - Self.limit))
    }
}

extension String {
    /// The text itself, or its beginning with an ellipsis.
    func shortened(to length: Int) -> String {
        // Scalars and not characters: a single character may be arbitrarily long.
        guard unicodeScalars.count > length else { return self }
        return String(String.UnicodeScalarView(unicodeScalars.prefix(length))) + "…"
    }
}
