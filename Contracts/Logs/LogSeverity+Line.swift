extension LogSeverity {
    /// What the text of a line says about its severity: the level field of a JSON object or of `key=value` pairs, the
    /// letter in front of a line of glog and klog, or else the first word in its first 256 bytes that names a level.
    ///
    /// Words that prose uses too, such as trace or notice, count only in capitals, in brackets or with a colon behind.
    /// About a microsecond a line.
    public init(line: LogText) {
        let text = LogLine(line.utf8)
        self = text.fieldOfJSON() ?? text.fieldOfPairs() ?? text.letterOfKlog() ?? text.word() ?? .unknown
    }
}

/// A line as it is looked at for its level.
private struct LogLine {
    private let bytes: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) { self.bytes = bytes }

    /// The level of a JSON object: that of a field of its own, not of one inside another.
    func fieldOfJSON() -> LogSeverity? {
        guard bytes.first == ASCII.openBrace else { return nil }
        var depth = 0
        var next = bytes.startIndex
        while next < bytes.endIndex {
            switch bytes[next] {
            case ASCII.openBrace, ASCII.openBracket: depth += 1
            case ASCII.closeBrace, ASCII.closeBracket: depth -= 1
            case ASCII.quote:
                let start = next + 1
                guard let end = endOfText(from: start) else { return nil }
                next = end
                let value = skipSpaces(from: end + 1)
                if depth == 1, value < bytes.endIndex, bytes[value] == ASCII.colon, isField(start..<end),
                    let severity = self.value(at: skipSpaces(from: value + 1))
                {
                    return severity
                }
            default: break
            }
            next += 1
        }
        return nil
    }

    /// The level of `level=info msg="…"`.
    func fieldOfPairs() -> LogSeverity? {
        var from = bytes.startIndex
        while let sign = bytes[from...].firstIndex(of: UInt8(ascii: "=")) {
            from = sign + 1
            var start = sign
            while start > bytes.startIndex, isNamePart(bytes[start - 1]) { start -= 1 }
            if isField(start..<sign), let severity = value(at: from) { return severity }
        }
        return nil
    }

    /// `E0504 10:00:00.123456`: a letter, month and day.
    func letterOfKlog() -> LogSeverity? {
        guard bytes.count > 6, bytes.dropFirst().prefix(4).allSatisfy(ASCII.isDigit),
            bytes[bytes.startIndex + 5] == ASCII.space
        else { return nil }
        switch bytes[bytes.startIndex] {
        case UInt8(ascii: "I"): return .info
        case UInt8(ascii: "W"): return .warn
        case UInt8(ascii: "E"): return .error
        case UInt8(ascii: "F"): return .fatal
        default: return nil
        }
    }

    /// The first word that names a level.
    func word() -> LogSeverity? {
        let end = min(bytes.endIndex, bytes.startIndex + 256)
        var next = bytes.startIndex
        while next < end {
            guard isNamePart(bytes[next]) else {
                next += 1
                continue
            }
            let start = next
            var isWord = true
            while next < bytes.endIndex, isNamePart(bytes[next]) {
                if !ASCII.isLetter(bytes[next]) { isWord = false }
                next += 1
            }
            if isWord, (3...13).contains(next - start), let severity = level(start..<next) { return severity }
        }
        return nil
    }

    private func level(_ range: Range<Int>) -> LogSeverity? {
        guard Self.initials.contains(bytes[range.lowerBound] | 0x20), let severity = LogSeverity(word: bytes[range]),
            severity != .unknown
        else { return nil }
        let after = range.upperBound < bytes.endIndex ? bytes[range.upperBound] : 0
        // The name of a field says nothing about its value.
        guard after != UInt8(ascii: "=") else { return nil }
        if Self.plain.contains(String(decoding: bytes[range], as: UTF8.self).lowercased()) { return severity }
        let before = range.lowerBound > bytes.startIndex ? bytes[range.lowerBound - 1] : 0
        let isBracketed = "[<(".utf8.contains(before) && "]>)".utf8.contains(after)
        let isCapitals = bytes[range].allSatisfy { !ASCII.isLower($0) }
        return isCapitals || isBracketed || after == ASCII.colon ? severity : nil
    }

    /// Words that hardly mean anything else.
    private static let plain: Set<String> = [
        "error", "err", "warn", "warning", "fatal", "critical", "panic", "debug", "info",
    ]
    private static let initials = Array("tvdinwesfcap".utf8)

    private func isNamePart(_ byte: UInt8) -> Bool {
        ASCII.isLetter(byte) || ASCII.isDigit(byte) || byte == UInt8(ascii: "_")
    }

    private func isField(_ range: Range<Int>) -> Bool {
        guard (3...14).contains(range.count) else { return false }
        // The last letters of the names there are.
        guard "lyt".utf8.contains(bytes[range.upperBound - 1] | 0x20) else { return false }
        return LogSeverity.isFieldName(String(decoding: bytes[range], as: UTF8.self))
    }

    private func value(at start: Int) -> LogSeverity? {
        guard start < bytes.endIndex else { return nil }
        let first = bytes[start] == ASCII.quote ? start + 1 : start
        return LogSeverity(word: bytes[first...].prefix(14).prefix { ASCII.isLetter($0) || ASCII.isDigit($0) })
    }

    private func skipSpaces(from start: Int) -> Int {
        var next = start
        while next < bytes.endIndex, bytes[next] == ASCII.space { next += 1 }
        return next
    }

    private func endOfText(from start: Int) -> Int? {
        var next = start
        while next < bytes.endIndex {
            switch bytes[next] {
            case ASCII.quote: return next
            case ASCII.backslash: next += 2
            default: next += 1
            }
        }
        return nil
    }
}
