/// CSV as RFC 4180 has it, read the plain way: the whole file at once.
struct PlainCSV: Equatable {
    /// Each record: the line on which it begins, and its fields.
    var records: [Record] = []

    struct Record: Equatable {
        let line: Int
        let fields: [[UInt8]]
    }

    private static let quote = UInt8(ascii: "\"")

    /// The records of a file; nothing when a quote stands where none may, or when something is so long that limits
    /// matter.
    init?(_ file: [UInt8]) {
        guard file.count < 16_000 else { return nil }
        let bytes = file.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(file.dropFirst(3)) : file
        let separator = Self.separator(of: bytes)
        var place = 0
        var line = 1
        while place < bytes.count {
            let start = line
            var fields: [[UInt8]] = []
            while true {
                guard let field = Self.field(bytes, &place, separator, &line) else { return nil }
                fields.append(field)
                guard place < bytes.count, bytes[place] == separator else { break }
                place += 1
            }
            records.append(Record(line: start, fields: fields))
            guard place < bytes.count else { return }
            place += bytes[place...].starts(with: [0x0D, 0x0A]) ? 2 : 1
            line += 1
        }
    }

    /// A field without its quotes; ends before a separator, an end of line or the end.
    private static func field(
        _ bytes: [UInt8], _ place: inout Int, _ separator: UInt8, _ line: inout Int
    ) -> [UInt8]? {
        var field: [UInt8] = []
        guard place < bytes.count, bytes[place] == quote else {
            while place < bytes.count, bytes[place] != separator, bytes[place] != 0x0A, bytes[place] != 0x0D {
                if bytes[place] == quote { return nil }
                field.append(bytes[place])
                place += 1
            }
            return field
        }
        place += 1
        while place < bytes.count {
            if bytes[place] == quote {
                place += 1
                guard place < bytes.count, bytes[place] == quote else {
                    let isEnd = place == bytes.count || [separator, 0x0A, 0x0D].contains(bytes[place])
                    return isEnd ? field : nil
                }
            } else if bytes[place] == 0x0D || bytes[place] == 0x0A && (place == 0 || bytes[place - 1] != 0x0D) {
                line += 1
            }
            field.append(bytes[place])
            place += 1
        }
        return nil
    }

    /// What the first line that is not empty has most of, outside quotes.
    private static func separator(of bytes: [UInt8]) -> UInt8 {
        var isQuoted = false
        let text = bytes.drop { $0 == 0x0A || $0 == 0x0D }
        let line = text.prefix { byte in
            if byte == quote { isQuoted.toggle() }
            return isQuoted || byte != 0x0A && byte != 0x0D
        }
        let pieces = line.split(separator: quote, omittingEmptySubsequences: false)
        let open = pieces.enumerated().filter { $0.offset % 2 == 0 }.flatMap(\.element)
        let candidates = [UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: "\t")]
        let counts = candidates.map { candidate in open.count { $0 == candidate } }
        return candidates[counts.firstIndex(of: counts.max()!)!]
    }
}
