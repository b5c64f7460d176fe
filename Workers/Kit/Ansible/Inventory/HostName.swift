import Contracts

/// What may stand for a host: it goes into files and patterns in which other characters mean something.
enum HostName {
    /// Whether it is an address, or a name of DNS that no address is taken for: letters, digits and hyphens between
    /// dots, the last part not a number.
    static func isValid(_ name: String) -> Bool {
        if IPAddress(name) != nil { return true }
        let labels = name.split(separator: ".", omittingEmptySubsequences: false)
        guard name.utf8.count <= 253, labels.allSatisfy(isLabel), let last = labels.last else { return false }
        return !last.utf8.allSatisfy(\.isDigit) && !reserved.contains(name.lowercased())
    }

    /// Groups that every inventory has.
    private static let reserved: Set = ["all", "ungrouped"]

    private static func isLabel(_ label: Substring) -> Bool {
        let bytes = label.utf8
        return (1...63).contains(bytes.count) && bytes.first != UInt8(ascii: "-") && bytes.last != UInt8(ascii: "-")
            && bytes.allSatisfy { $0.isLetter || $0.isDigit || $0 == UInt8(ascii: "-") }
    }
}
