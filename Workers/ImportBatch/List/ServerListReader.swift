import Contracts

/// Reads a list of servers a piece at a time: bytes in, checked rows and faults out.
///
/// Pure, but for `unseal`. Every fault of every row is found, not the first. Memory is the rows since the last
/// ``takeRows()`` and at most ``FaultList/limit`` faults, however long the list.
struct ServerListReader {
    /// What is wrong with the list so far.
    private(set) var faults = FaultList()
    /// How many rows are at fault.
    private(set) var rejected = 0
    /// Whether the list could be read to its end: a fault of its header, its encoding or its last quote leaves rows
    /// that nobody has seen, so that not even the others may be imported.
    private(set) var isReadable = true

    private var parser = CSVParser()
    private var header: ListHeader?
    private var rows: [ListedRow] = []
    private var hasRows = false
    private let provider: String?
    private let unseal: (String) -> String?

    /// - Parameters:
    ///   - provider: the provider of rows that name none.
    ///   - unseal: opens a password that its producer sealed; nil when it cannot.
    init(provider: String? = nil, unseal: @escaping (String) -> String?) {
        self.provider = provider
        self.unseal = unseal
    }

    /// Reads on. Where the pieces of a file are cut makes no difference.
    mutating func read(_ bytes: [UInt8]) {
        var offset = 0
        while isReadable, parser.advance(bytes, from: &offset) { take(parser.record) }
    }

    /// Reads a row that came with named fields; `line` counts from 1.
    mutating func read(_ row: ServerRow, line: Int) {
        hasRows = true
        check(CSVRecord(cells: row.cells, line: line), .all)
    }

    /// Ends the list.
    mutating func finish() {
        while isReadable, parser.finish() { take(parser.record) }
        guard isReadable, !hasRows else { return }
        isReadable = false
        faults.add(.emptyList, line: 1, header == nil ? "The list is empty." : "There is no row below the header.")
    }

    /// The rows checked since the last call.
    mutating func takeRows() -> [ListedRow] {
        defer { rows.removeAll(keepingCapacity: true) }
        return rows
    }

    private mutating func take(_ record: CSVRecord) {
        if let line = record.unterminatedQuote {
            isReadable = false
            rejected += header == nil ? 0 : 1
            faults.add(.unterminatedQuote, line: line, "A quote opens on this line and is never closed.")
            return
        }
        guard !record.isBlank else { return }
        guard let header else {
            header = ListHeader(record, into: &faults)
            isReadable = header != nil
            return
        }
        hasRows = true
        check(record, header)
    }

    private mutating func check(_ record: CSVRecord, _ header: ListHeader) {
        // Cells of a row of another width may stand under the wrong column, a password among them: none is shown.
        if record.isTooLong {
            rejected += 1
            return faults.add(.tooLong, line: record.line, "The row is longer than 64 KiB.")
        }
        if record.count != header.count {
            rejected += 1
            return faults.add(
                .fieldCount, line: record.line, "The row has \(record.count) fields, the header \(header.count).")
        }
        var check = RowCheck(record: record, header: header, provider: provider, unseal: unseal)
        if let row = check.run() { rows.append(row) }
        guard !check.faults.isEmpty else { return }
        rejected += 1
        faults.append(check.faults)
    }
}
