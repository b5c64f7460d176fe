/// A piece of HTML. It is made of text, which stays text in it, or of a template of ours, and of nothing else.
struct Markup: Hashable, Sendable {
    let html: String

    /// What shows the text, and is nothing but text, between tags as between quotes.
    ///
    /// Control characters are no text: HTML has no zero byte at all, and the others have no meaning that could be
    /// shown. U+FFFD stands for each, but for tabs and the ends of lines.
    init(text: String) {
        var html = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": html += "&amp;"
            case "<": html += "&lt;"
            case ">": html += "&gt;"
            case "\"": html += "&quot;"
            case "'": html += "&#39;"
            // As it is, it would be read as a line feed.
            case "\r": html += "&#13;"
            case "\t", "\n": html.unicodeScalars.append(scalar)
            case "\u{0}"..."\u{1F}", "\u{7F}"..."\u{9F}": html += "\u{FFFD}"
            default: html.unicodeScalars.append(scalar)
            }
        }
        self.html = html
    }

    /// What a template was filled to.
    fileprivate init(filled html: String) { self.html = html }
}

/// A page with slots, as in `<title>{{title}}</title>`. What is put into a slot is not looked at again: it may have
/// braces, too. Slots stand between tags, or between the quotes of an attribute, and never in a script or a style.
struct Template: Sendable {
    /// What stands before each slot, and the slot.
    private let parts: [(text: String, slot: String)]
    private let rest: String

    /// The names of the slots.
    var slots: Set<String> { Set(parts.map(\.slot)) }

    /// - Throws: `badTemplate` for braces that are no slot.
    init(_ page: String) throws(SiteError) {
        var parts: [(text: String, slot: String)] = []
        var rest = page[...]
        while let open = rest.firstRange(of: "{{") {
            guard let close = rest[open.upperBound...].firstRange(of: "}}") else {
                throw SiteError(.badTemplate, "a slot does not end")
            }
            let slot = rest[open.upperBound..<close.lowerBound]
            guard !slot.isEmpty, slot.utf8.allSatisfy(Self.isNameByte) else {
                throw SiteError(.badTemplate, "a slot has no name")
            }
            parts.append((String(rest[..<open.lowerBound]), String(slot)))
            rest = rest[close.upperBound...]
        }
        guard !rest.contains("}}") else { throw SiteError(.badTemplate, "a slot does not begin") }
        (self.parts, self.rest) = (parts, String(rest))
    }

    /// - Throws: `badTemplate` unless there is exactly one value for each slot.
    func fill(_ values: [String: Markup]) throws(SiteError) -> Markup {
        guard Set(values.keys) == slots else {
            throw SiteError(.badTemplate, "the slots of a page are not those that there is something for")
        }
        var html = ""
        for part in parts { html += part.text + (values[part.slot]?.html ?? "") }
        return Markup(filled: html + rest)
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || byte == UInt8(ascii: "-")
    }
}
