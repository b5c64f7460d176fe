/// Cuts the bytes of a CSV file (RFC 4180) into records, a piece of the file at a time.
///
/// Lines end with LF, CRLF or CR. A byte order mark is skipped. The separator is the one of `,`, `;` and tab that the
/// header has most of. Where the pieces are cut makes no difference.
///
/// Memory is one record, at most ``Limits/record`` bytes, however large the file; about 10 ns a byte.
struct CSVParser {
    /// How much of a file may belong together. What is longer is reported and not stored.
    struct Limits {
        /// Longest field, in bytes.
        var field = 16_384
        /// Longest record, in bytes as they stand in the file.
        var record = 65_536
    }

    private enum State {
        case fieldStart, unquoted, quoted, quoteInQuoted
    }

    /// The record that ``advance(_:from:)`` completed last.
    private(set) var record = CSVRecord()
    /// What separates fields; known after the first line.
    private(set) var separator: UInt8 = ASCII.comma

    private let limits: Limits
    private var sniffer: SeparatorSniffer? = SeparatorSniffer()
    private var head: [UInt8] = []
    private var headOffset = 0

    private var state = State.fieldStart
    private var isAfterCR = false
    private var line = 1
    private var quoteLine = 1
    private var size = 0
    private var isComplete = true

    init(limits: Limits = Limits()) {
        self.limits = limits
    }

    /// Reads on from `offset` to the end of the next record. Returns false when the bytes ended first; the rest of the
    /// record is then expected in the next piece.
    mutating func advance(_ bytes: [UInt8], from offset: inout Int) -> Bool {
        if sniffer != nil {
            guard sniff(bytes, from: &offset) else { return false }
        }
        if scanHead() { return true }
        return scan(bytes, from: &offset)
    }

    /// Ends the file. Returns whether there was one more record; to be called until there is none.
    mutating func finish() -> Bool {
        if let sniffer {
            head = sniffer.head
            separator = sniffer.separator
            self.sniffer = nil
        }
        if scanHead() { return true }
        begin()
        if state == .quoted { record.unterminatedQuote = quoteLine }
        guard size > 0 else { return false }
        endField()
        isComplete = true
        size = 0
        return true
    }

    private mutating func sniff(_ bytes: [UInt8], from offset: inout Int) -> Bool {
        guard var sniffer = sniffer.take() else { return true }
        while offset < bytes.count {
            let byte = bytes[offset]
            offset += 1
            if sniffer.read(byte) {
                head = sniffer.head
                separator = sniffer.separator
                return true
            }
        }
        self.sniffer = sniffer
        return false
    }

    /// Reads on in the first line, which was held back until the separator was known.
    private mutating func scanHead() -> Bool {
        guard headOffset < head.count else { return false }
        let head = head
        var offset = headOffset
        defer { headOffset = offset }
        return scan(head, from: &offset)
    }

    private mutating func begin() {
        guard isComplete else { return }
        record.clear()
        record.line = line
        state = .fieldStart
        size = 0
        isComplete = false
    }

    private mutating func scan(_ bytes: [UInt8], from offset: inout Int) -> Bool {
        begin()
        while offset < bytes.count {
            let byte = bytes[offset]
            offset += 1
            if byte == ASCII.lf, isAfterCR {
                isAfterCR = false
                if state == .quoted { store(byte) }
                continue
            }
            isAfterCR = byte == ASCII.cr
            let endsLine = byte == ASCII.lf || byte == ASCII.cr
            if endsLine {
                line += 1
                if state != .quoted {
                    endField()
                    isComplete = true
                    return true
                }
            }
            size += 1
            take(byte)
        }
        return false
    }

    /// Takes a byte that does not end the record.
    private mutating func take(_ byte: UInt8) {
        switch state {
        case .fieldStart where byte == ASCII.quote:
            state = .quoted
            quoteLine = line
        case .quoted where byte == ASCII.quote:
            state = .quoteInQuoted
        case .quoted:
            store(byte)
        case .quoteInQuoted where byte == ASCII.quote:
            state = .quoted
            store(byte)
        case _ where byte == separator:
            endField()
            state = .fieldStart
        case .quoteInQuoted:
            note(.malformedQuotes)
            state = .unquoted
            store(byte)
        case .fieldStart, .unquoted:
            if byte == ASCII.quote { note(.malformedQuotes) }
            state = .unquoted
            store(byte)
        }
    }

    private mutating func store(_ byte: UInt8) {
        if size > limits.record {
            record.isTooLong = true
        } else if record.bytes.count - (record.ends.last ?? 0) < limits.field {
            record.bytes.append(byte)
        } else {
            note(.tooLong)
        }
    }

    private mutating func endField() {
        guard size <= limits.record else {
            record.isTooLong = true
            return
        }
        record.ends.append(record.bytes.count)
    }

    private mutating func note(_ problem: CSVRecord.Problem) {
        guard record.problems.last?.field != record.count else { return }
        record.problems.append((record.count, problem))
    }
}
