/// Collects the first line of a file, and tells what separates its fields.
struct SeparatorSniffer {
    /// A header that goes on for longer than this is none.
    private static let limit = 65_536
    private static let mark: [UInt8] = [0xEF, 0xBB, 0xBF]

    private var bytes: [UInt8] = []
    private var isQuoted = false
    private var hasText = false

    /// The bytes so far, without the byte order mark.
    var head: [UInt8] { bytes.starts(with: Self.mark) ? Array(bytes.dropFirst(Self.mark.count)) : bytes }

    /// The candidate that stands most often outside quotes; a comma when there is none.
    var separator: UInt8 {
        var counts = [0, 0, 0]
        var isQuoted = false
        for byte in bytes {
            if byte == ASCII.quote { isQuoted.toggle() }
            if !isQuoted, let index = ASCII.separators.firstIndex(of: byte) { counts[index] += 1 }
        }
        let most = counts.max() ?? 0
        return ASCII.separators[counts.firstIndex(of: most) ?? 0]
    }

    /// Reads a byte; returns whether the line has ended with it. Empty lines before the first are not it.
    mutating func read(_ byte: UInt8) -> Bool {
        bytes.append(byte)
        if byte == ASCII.quote { isQuoted.toggle() }
        let endsLine = !isQuoted && (byte == ASCII.lf || byte == ASCII.cr)
        if !endsLine { hasText = true }
        return endsLine && hasText || bytes.count >= Self.limit
    }
}

/// The bytes that mean something in a CSV file.
enum ASCII {
    static let comma = UInt8(ascii: ",")
    static let quote = UInt8(ascii: "\"")
    static let lf = UInt8(ascii: "\n")
    static let cr = UInt8(ascii: "\r")
    static let separators = [comma, UInt8(ascii: ";"), UInt8(ascii: "\t")]
}
