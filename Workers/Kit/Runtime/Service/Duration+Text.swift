extension Duration {
    /// Reads `500ms`, `30s`, `5m`, `2h`, `1d`; nothing else, and nothing above a hundred years.
    package init?(text: String) {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard let number = Int64(digits), number <= 3_153_600_000_000 else { return nil }
        let milliseconds: Int64
        switch text.dropFirst(digits.count) {
        case "ms": milliseconds = 1
        case "s": milliseconds = 1000
        case "m": milliseconds = 60_000
        case "h": milliseconds = 3_600_000
        case "d": milliseconds = 86_400_000
        default: return nil
        }
        let (product, overflow) = number.multipliedReportingOverflow(by: milliseconds)
        guard !overflow, product <= 3_153_600_000_000 else { return nil }
        self = .milliseconds(product)
    }

    /// The form that `init(text:)` reads, in the largest unit that divides it; below a millisecond is cut off.
    var text: String {
        let units: [(name: String, size: Int64)] = [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000)]
        guard let unit = units.first(where: { milliseconds != 0 && milliseconds % $0.size == 0 }) else {
            return "\(milliseconds)ms"
        }
        return "\(milliseconds / unit.size)\(unit.name)"
    }
}
