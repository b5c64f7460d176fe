/// Quoting by scalars: a quote and an accent behind it are one `Character`, which is no quote to Swift and is one to
/// everybody who reads the line.
extension String {
    /// Every `scalar` replaced.
    func replacing(scalar: Unicode.Scalar, with replacement: String) -> String {
        unicodeScalars.split(separator: scalar, omittingEmptySubsequences: false).map { String($0) }
            .joined(separator: replacement)
    }

    /// The text as a cell of RFC 4180, quoted where it needs to be.
    var csvCell: String {
        let needsQuotes = unicodeScalars.contains { scalar in
            switch scalar {
            case ",", "\"", "\u{0A}"..."\u{0D}", "\u{85}", "\u{2028}", "\u{2029}": true
            default: false
            }
        }
        return needsQuotes ? "\"" + replacing(scalar: "\"", with: "\"\"") + "\"" : self
    }
}
