import Contracts

/// Takes secrets out of texts before they are kept.
///
/// Each secret is looked for as it is, and as it stands in JSON, in YAML, in the words of a shell or of Python, in URLs
/// and in Base64, wherever it begins there. Of a secret of several lines, each line is one. A secret of up to three
/// bytes is only found as a whole word, for it would be found everywhere.
///
/// Give it whole lines: a secret of one line never reaches over the end of one. The costs of a text grow with its
/// length, and hardly with the number of secrets.
package struct Redaction: Sendable {
    /// What stands for a secret.
    package static let mask = JSONWriter.mask
    private struct Form: Sendable, Hashable {
        let bytes: [UInt8]
        let isWord: Bool
    }
    /// By their first two bytes; those of one byte by that alone.
    private var forms: [UInt16: [Form]] = [:]

    /// - Parameter secrets: passwords and keys.
    package init(_ secrets: some Sequence<String> = []) {
        var all: Set<Form> = []
        for secret in Set(secrets) where !secret.isEmpty {
            let lines = secret.split(whereSeparator: \.isNewline).map(String.init)
            for part in Set(lines.filter { lines.count == 1 || $0.utf8.count >= 8 } + [secret]) {
                for form in SecretForms.all(of: part) {
                    all.insert(Form(bytes: Array(form.utf8), isWord: part.utf8.count < 4))
                }
            }
        }
        for form in all {
            forms[Self.key(form.bytes[0], form.bytes.count > 1 ? form.bytes[1] : nil), default: []].append(form)
        }
    }

    private static func key(_ first: UInt8, _ second: UInt8?) -> UInt16 {
        UInt16(first) << 8 | UInt16(second ?? 0)
    }

    /// The text with ``mask`` for each run of bytes that belongs to a secret.
    package func redact(_ text: String) -> String {
        if forms.isEmpty { return text }
        let bytes = Array(text.utf8)
        var result: [UInt8] = []
        var copied = 0
        // What belongs to secrets from `start` up to `end`.
        var (start, end) = (0, 0)
        func close() {
            guard end > start else { return }
            result += bytes[copied..<start]
            result += Self.mask.utf8
            copied = end
        }
        for place in bytes.indices {
            guard let length = match(bytes, place) else { continue }
            if place > end || end == start {
                close()
                start = place
            }
            end = max(end, place + length)
        }
        close()
        guard copied > 0 else { return text }
        return String(decoding: result + bytes[copied...], as: UTF8.self)
    }

    /// The length of the longest form here.
    private func match(_ bytes: [UInt8], _ place: Int) -> Int? {
        var longest: Int?
        for second in [place + 1 < bytes.count ? bytes[place + 1] : nil, nil] as [UInt8?] {
            for form in forms[Self.key(bytes[place], second)] ?? [] where form.bytes.count > longest ?? 0 {
                let end = place + form.bytes.count
                guard end <= bytes.count, bytes[place..<end].elementsEqual(form.bytes) else { continue }
                if form.isWord, Self.isInWord(bytes, place - 1) || Self.isInWord(bytes, end) { continue }
                longest = form.bytes.count
            }
        }
        return longest
    }

    private static func isInWord(_ bytes: [UInt8], _ place: Int) -> Bool {
        guard bytes.indices.contains(place) else { return false }
        let byte = bytes[place]
        return byte >= 0x80 || byte.isLetter || byte.isDigit || byte == UInt8(ascii: "_")
    }
}
