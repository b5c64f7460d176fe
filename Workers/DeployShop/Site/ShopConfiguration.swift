/// What makes a shop somebody's own. All of it is data: a title may be any text, and is shown as it is.
package struct ShopConfiguration: Hashable, Sendable {
    let title: String
    let email: String
    let phone: String?
    let theme: Theme
    let domain: String

    /// The most characters (Unicode scalars) of a title.
    package static let longestTitle = 200

    /// Checks each part.
    ///
    /// - Parameters:
    ///   - title: any text that is not blank, up to `longestTitle`.
    ///   - contactEmail: an address of plain ASCII, as in `honey@shop.example`.
    ///   - contactPhone: digits, spaces and `+ - . / ( )`, three to fifteen digits of them; nothing is shown for `nil`.
    ///   - primaryColour: `#rrggbb`, as is `secondaryColour`.
    ///   - domain: a name of DNS, as in `shop.example`.
    /// - Throws: `badTitle`, `badEmail`, `badPhone`, `badColour`, `badDomain`.
    package init(
        title: String, contactEmail: String, contactPhone: String? = nil, primaryColour: String,
        secondaryColour: String, domain: String
    ) throws(SiteError) {
        let isBlank = title.unicodeScalars.allSatisfy { $0.properties.isWhitespace }
        guard !isBlank, title.unicodeScalars.count <= Self.longestTitle else {
            throw SiteError(.badTitle, "a title has one to \(Self.longestTitle) characters")
        }
        guard Self.isAddress(contactEmail) else { throw SiteError(.badEmail, "no address of e-mail") }
        if let contactPhone, !Self.isPhone(contactPhone) { throw SiteError(.badPhone, "no telephone number") }
        guard let primary = Colour(primaryColour), let secondary = Colour(secondaryColour) else {
            throw SiteError(.badColour, "a colour is written #rrggbb")
        }
        guard Self.isDomain(domain) else { throw SiteError(.badDomain, "no name of DNS") }
        (self.title, email, phone) = (title, contactEmail, contactPhone)
        (theme, self.domain) = (Theme(primary: primary, secondary: secondary), domain)
    }

    /// The address as a link: every byte that could mean something in one is encoded (RFC 6068).
    var mailLink: String {
        let encoded = email.utf8.map { byte in
            Self.isWord(byte) || ".-_~@".utf8.contains(byte)
                ? String(Unicode.Scalar(byte)) : "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16).uppercased()
        }
        return "mailto:" + encoded.joined()
    }

    /// The number as a link: its digits, and a plus in front (RFC 3966).
    var phoneLink: String? {
        phone.map { phone in
            let digits = phone.filter(\.isNumber)
            return "tel:" + (phone.contains("+") ? "+" : "") + digits
        }
    }

    /// A part before the `@` that is an atom with dots (RFC 5322), and a domain.
    private static func isAddress(_ text: String) -> Bool {
        let parts = text.split(separator: "@", omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0].utf8.count <= 64, isDomain(String(parts[1])) else { return false }
        return parts[0].split(separator: ".", omittingEmptySubsequences: false).allSatisfy { atom in
            !atom.isEmpty && atom.utf8.allSatisfy { isWord($0) || "!#$%&'*+-/=?^_`{|}~".utf8.contains($0) }
        }
    }

    private static func isPhone(_ text: String) -> Bool {
        let digits = text.utf8.count { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        let others = text.utf8.filter { !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        let plus = UInt8(ascii: "+")
        return (3...15).contains(digits) && text.utf8.count <= 32 && others.allSatisfy(" +-./()".utf8.contains)
            && !text.utf8.dropFirst().contains(plus)
    }

    /// Labels of letters, digits and hyphens within (RFC 1123).
    private static func isDomain(_ text: String) -> Bool {
        let labels = text.split(separator: ".", omittingEmptySubsequences: false)
        return text.utf8.count <= 253
            && labels.allSatisfy { label in
                let hyphen = UInt8(ascii: "-")
                return (1...63).contains(label.utf8.count) && label.utf8.first != hyphen && label.utf8.last != hyphen
                    && label.utf8.allSatisfy { isWord($0) || $0 == hyphen }
            }
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "a")...UInt8(ascii: "z"):
            true
        default: false
        }
    }
}
