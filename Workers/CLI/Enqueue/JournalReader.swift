import Runtime

/// Reads a journal of ``BulkJournal`` piece by piece, and changes nothing: what is to be cut off is known only when all
/// of it has been understood.
struct JournalReader {
    /// A confirmed line of the file of commands.
    struct Entry {
        let number: UInt32
        /// Which line of the journal it is: of two about one number the later counts.
        let place: UInt32
        let check: UInt64
    }

    static let magic = Array("ruche-journal 1 ".utf8)

    /// What the ids are derived from; `nil` as long as the first line is not whole.
    private(set) var seed: [UInt8]?
    /// What is confirmed, in the order in which it was noted; after ``sort()`` in that of the numbers.
    private(set) var entries: [Entry] = []
    /// The bytes of the whole lines; what comes behind them is torn.
    private(set) var length = 0
    private var rest: [UInt8] = []
    private let path: String
    private let purpose: UInt64

    /// More than the longest line has.
    private static let longest = 128
    /// More than one group of lines has: a power cut may leave all of it as zeros.
    private static let group = 1_048_576

    init(_ path: String, purpose: UInt64) { (self.path, self.purpose) = (path, purpose) }

    /// Takes the next piece of the file.
    ///
    /// - Throws: ``ExitCode/conflict``: it is no journal, or another's.
    mutating func take(_ piece: [UInt8]) throws(Failure) {
        rest += piece
        var start = 0
        while let end = rest[start...].firstIndex(of: 0x0A) {
            try read(rest[start..<end])
            start = end + 1
        }
        length += start
        rest.removeFirst(start)
        // What is torn is short, and of the first line it is known how it begins.
        guard rest.count <= Self.group, seed != nil || Self.begins(rest) else { throw stranger() }
    }

    /// Brings the entries into the order of their numbers, without another copy of them.
    mutating func sort() { entries.sort { ($0.number, $0.place) < ($1.number, $1.place) } }

    private mutating func read(_ line: ArraySlice<UInt8>) throws(Failure) {
        guard seed != nil else {
            guard line.starts(with: Self.magic) else { throw stranger() }
            let parts = line.dropFirst(Self.magic.count).split(separator: 0x20)
            guard parts.count == 2, parts[0].count == 64,
                let seed = Hex.bytes(String(decoding: parts[0], as: UTF8.self))
            else { throw Failure(.conflict, "\(path): the first line of the journal cannot be read") }
            guard UInt64(String(decoding: parts[1], as: UTF8.self), radix: 16) == purpose else {
                throw Failure(.conflict, "\(path) is the journal of another command or tenant")
            }
            self.seed = seed
            return
        }
        let parts = line.split(separator: 0x20)
        guard parts.count == 2, let number = UInt32(String(decoding: parts[0], as: UTF8.self)), number > 0,
            let check = UInt64(String(decoding: parts[1], as: UTF8.self), radix: 16),
            let place = UInt32(exactly: entries.count)
        else {
            let text = String(decoding: line.prefix(Self.longest), as: UTF8.self)
            throw Failure(.conflict, "\(path): a line of the journal cannot be read: \(TextWidth.harmless(text))")
        }
        entries.append(Entry(number: number, place: place, check: check))
    }

    /// Whether a first line may begin so.
    private static func begins(_ bytes: [UInt8]) -> Bool {
        bytes.count <= longest && magic.starts(with: bytes.prefix(magic.count))
            && bytes.dropFirst(magic.count).allSatisfy { $0 == 0x20 || Character(UnicodeScalar($0)).isHexDigit }
    }

    private func stranger() -> Failure { Failure(.conflict, "\(path) is no journal; it is left alone") }
}
