package import Contracts

/// What Loki says of lines that it will never keep.
package struct LokiRefusal: Equatable, Sendable {
    /// What it says, as one line that is not long: for people.
    package let text: String
    /// The word for it.
    package let code: Fault.Code
    /// How many lines of how many were left out, by what an ingester says about one stream:
    /// `total ignored: 2 out of 5 for stream: {…}`.
    package let ignored: Ignored?

    /// So many lines of so many.
    package struct Ignored: Equatable, Sendable {
        package let count: Int
        package let total: Int

        package init(count: Int, total: Int) {
            self.count = count
            self.total = total
        }
    }

    /// Reads all that Loki says: the count comes after up to ten lines of prose.
    package init(_ text: String) {
        let bare = Self.bare(text)
        self.text = Self.line(text)
        ignored = Self.ignored(bare)
        code = Self.code(of: bare)
    }

    /// Whether it is Loki's configuration or version that is at fault, and not the lines.
    package static func isMisconfigured(_ text: String) -> Bool {
        code(of: bare(text)) == .misconfigured
    }

    /// The text without what is between quotes: that is the sender's, and may say anything.
    private static func bare(_ text: String) -> String {
        var bare: [UInt8] = []
        var isQuoted = false
        var isEscaped = false
        for byte in text.utf8 {
            if isEscaped {
                isEscaped = false
            } else if isQuoted, byte == UInt8(ascii: "\\") {
                isEscaped = true
            } else if byte == UInt8(ascii: "\"") {
                isQuoted.toggle()
            } else if !isQuoted {
                bare.append(byte)
            }
        }
        return String(decoding: bare, as: UTF8.self)
    }

    private static func ignored(_ text: String) -> Ignored? {
        guard let place = text.firstRange(of: "total ignored: ") else { return nil }
        let words = text[place.upperBound...].prefix(80).split(separator: " ", maxSplits: 4)
        guard words.count >= 4, words[1] == "out", words[2] == "of", let count = Int(words[0]),
            let total = Int(words[3]), count >= 1, count <= total
        else { return nil }
        return Ignored(count: count, total: total)
    }

    /// Of what is said first: Loki's words come before what it quotes without marks.
    private static func code(of text: String) -> Fault.Code {
        let text = text.lowercased()
        let words: [(String, Fault.Code)] = [
            ("too far behind", .outOfOrder), ("out of order", .outOfOrder), ("too old", .tooOld),
            ("too new", .tooFarAhead), ("max entry size", .lineTooLong), ("label names; limit", .tooManyLabels),
            ("label value too long", .labelValueTooLong),
            ("includes structured metadata, but this feature is disallowed", .misconfigured),
            ("structured metadata", .metadataTooLarge), ("loghttp.", .misconfigured),
            ("unmarshalerdecoder", .misconfigured), ("couldn't parse push request", .misconfigured),
        ]
        let found = words.compactMap { word, code in text.firstRange(of: word).map { ($0.lowerBound, code) } }
        return found.min { $0.0 < $1.0 }?.1 ?? .lokiRefused
    }

    /// What Loki says, as one line that is not long.
    package static func line(_ text: String) -> String {
        var line = ""
        for scalar in text.unicodeScalars {
            guard line.utf8.count < 400 else { return line + "…" }
            let isControl = scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
            line.unicodeScalars.append(isControl ? " " : scalar)
        }
        while line.hasSuffix(" ") { line.removeLast() }
        return line
    }
}

extension Fault.Code {
    /// A line is further behind the newest of its stream than Loki allows.
    package static let outOfOrder: Self = "out-of-order"
    /// Loki does not take a line, and its own words say why.
    package static let lokiRefused: Self = "loki-refused"
    /// Loki takes no such lines from anyone.
    fileprivate static let misconfigured: Self = "loki-misconfigured"
}
