/// A 128-bit id, shown as lower-case UUID text. Ids made here are version 7 (RFC 9562), so they sort by time.
public struct UniqueID: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// Bytes 0 to 7, most significant first.
    public let high: UInt64
    /// Bytes 8 to 15, most significant first.
    public let low: UInt64

    /// All zeros: the id of nothing.
    public static let zero = UniqueID(high: 0, low: 0)

    /// The id of these two halves.
    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// The id of these two halves.
    public init(bytes: (high: UInt64, low: UInt64)) {
        self.init(high: bytes.high, low: bytes.low)
    }

    /// The id of exactly 16 bytes; another count is a programmer's error and traps.
    public init(_ bytes: [UInt8]) {
        precondition(bytes.count == 16, "an id has 16 bytes")
        high = bytes[..<8].reduce(0) { $0 << 8 | UInt64($1) }
        low = bytes[8...].reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// The id that `text` shows, in either case: `8-4-4-4-12` hexadecimal digits and nothing else.
    public init?(_ text: String) {
        guard text.utf8.count == 36 else { return nil }
        var halves: (UInt64, UInt64) = (0, 0)
        var digits = 0
        for (index, byte) in text.utf8.enumerated() {
            if Self.isHyphen(index) {
                guard byte == ASCII.hyphen else { return nil }
                continue
            }
            guard let digit = ASCII.hexValue(byte) else { return nil }
            if digits < 16 {
                halves.0 = halves.0 << 4 | UInt64(digit)
            } else {
                halves.1 = halves.1 << 4 | UInt64(digit)
            }
            digits += 1
        }
        self.init(high: halves.0, low: halves.1)
    }

    /// The 16 bytes, most significant first.
    public var bytes: [UInt8] {
        (0..<16).map { UInt8(truncatingIfNeeded: ($0 < 8 ? high : low) >> UInt64(56 - $0 % 8 * 8)) }
    }

    /// The milliseconds since 1970 that an id of version 7 begins with; `nil` for any other.
    package var versionSevenMilliseconds: UInt64? {
        high >> 12 & 0xF == 7 && low >> 62 == 0b10 ? high >> 16 : nil
    }

    /// Lower-case UUID text.
    public var description: String {
        var text: [UInt8] = []
        text.reserveCapacity(36)
        appendText(to: &text)
        return String(decoding: text, as: UTF8.self)
    }

    /// Orders ids as their bytes, which for version 7 is by time.
    public static func < (left: UniqueID, right: UniqueID) -> Bool {
        left.high != right.high ? left.high < right.high : left.low < right.low
    }

    /// Appends the UUID text.
    func appendText(to text: inout [UInt8]) {
        var place = text.count
        text.append(contentsOf: repeatElement(ASCII.hyphen, count: 36))
        // One span instead of 36 appends: ids are written for every event.
        var span = text.mutableSpan
        for nibble in 0..<32 {
            if nibble == 8 || nibble == 12 || nibble == 16 || nibble == 20 { place += 1 }
            let half = nibble < 16 ? high : low
            span[place] = ASCII.hexDigit(UInt8(truncatingIfNeeded: half >> UInt64(60 - nibble % 16 * 4)) & 15)
            place += 1
        }
    }

    private static func isHyphen(_ index: Int) -> Bool {
        index == 8 || index == 13 || index == 18 || index == 23
    }
}
