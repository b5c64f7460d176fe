/// An IPv4 or IPv6 address.
public struct IPAddress: Hashable, Sendable, CustomStringConvertible {
    /// Whether it is an IPv4 address.
    public let isV4: Bool
    /// The address as 128 bits, most significant 16 first; an IPv4 address fills the first two.
    let words: [UInt16]

    /// The address that `text` shows: four decimal numbers without leading zeros, or IPv6 text (RFC 4291, 2.2), without
    /// a zone.
    public init?(_ text: String) {
        if let words = Self.v4(text[...]) {
            self.init(isV4: true, words: words)
        } else if let words = Self.v6(text) {
            self.init(isV4: false, words: words)
        } else {
            return nil
        }
    }

    private init(isV4: Bool, words: [UInt16]) {
        self.isV4 = isV4
        self.words = words
    }

    /// The number of its bits: 32 or 128.
    public var bitCount: Int { words.count * 16 }

    /// Canonical text: dotted decimal, or IPv6 as RFC 5952 asks for it, so that equal addresses have equal texts.
    public var description: String {
        if isV4 {
            return words.flatMap { [$0 >> 8, $0 & 255] }.map { String($0) }.joined(separator: ".")
        }
        let texts = words.map { String($0, radix: 16) }
        guard let gap = longestGap else { return texts.joined(separator: ":") }
        return "\(texts[..<gap.lowerBound].joined(separator: ":"))::\(texts[gap.upperBound...].joined(separator: ":"))"
    }

    /// Whether all bits after the first `count` are zero.
    func isZero(after count: Int) -> Bool {
        words.indices.allSatisfy { index in
            let kept = min(16, max(0, count - index * 16))
            return words[index] & UInt16(truncatingIfNeeded: 0xFFFF >> kept) == 0
        }
    }

    /// The first of the longest runs of at least two zero words.
    private var longestGap: Range<Int>? {
        var best: Range<Int>?
        var start = 0
        while start < words.count {
            guard words[start] == 0 else {
                start += 1
                continue
            }
            let end = words[start...].firstIndex { $0 != 0 } ?? words.count
            if end - start >= 2, end - start > best?.count ?? 0 { best = start..<end }
            start = end
        }
        return best
    }

    private static func v4(_ text: Substring) -> [UInt16]? {
        let parts = text.utf8.split(separator: ASCII.dot, omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var bytes: [UInt16] = []
        for part in parts {
            guard (1...3).contains(part.count), part.allSatisfy(ASCII.isDigit) else { return nil }
            guard part.count == 1 || part.first != ASCII.zero else { return nil }
            let value = part.reduce(UInt16(0)) { $0 * 10 + UInt16($1 - ASCII.zero) }
            guard value <= 255 else { return nil }
            bytes.append(value)
        }
        return [bytes[0] << 8 | bytes[1], bytes[2] << 8 | bytes[3]]
    }

    private static func v6(_ text: String) -> [UInt16]? {
        guard text.utf8.count <= 45 else { return nil }
        let halves = text.split(separator: "::", omittingEmptySubsequences: false)
        switch halves.count {
        case 1:
            guard let words = group(halves[0], last: true), words.count == 8 else { return nil }
            return words
        case 2:
            guard let front = group(halves[0], last: false), let back = group(halves[1], last: true),
                front.count + back.count <= 7
            else { return nil }
            return front + Array(repeating: 0, count: 8 - front.count - back.count) + back
        default: return nil
        }
    }

    /// Words between colons; the last may be an IPv4 address, which is two.
    private static func group(_ text: Substring, last: Bool) -> [UInt16]? {
        if text.isEmpty { return [] }
        var words: [UInt16] = []
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        for (index, part) in parts.enumerated() {
            if last, index == parts.count - 1, let embedded = v4(part) {
                words += embedded
                continue
            }
            guard (1...4).contains(part.utf8.count), part.utf8.allSatisfy({ ASCII.hexValue($0) != nil }),
                let word = UInt16(part, radix: 16)
            else { return nil }
            words.append(word)
        }
        return words
    }
}
