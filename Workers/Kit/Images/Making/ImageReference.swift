/// A name and a tag, as engines take them (`distribution/reference`).
enum ImageReference {
    /// Whether it is a name of small letters, digits and separators between them, with a tag. A registry's port is not
    /// taken: nothing is pulled by these names.
    static func isValid(_ reference: String) -> Bool {
        let parts = reference.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, reference.utf8.count <= 255, isTag(parts[1]) else { return false }
        return parts[0].split(separator: "/", omittingEmptySubsequences: false).allSatisfy(isComponent)
    }

    /// Letters, digits and `_`, and after the first of them also `.` and `-`; 128 of them at most.
    private static func isTag(_ tag: Substring) -> Bool {
        let isBegun = tag.utf8.first.map { $0 != UInt8(ascii: ".") && $0 != UInt8(ascii: "-") } ?? false
        return isBegun && tag.utf8.count <= 128 && tag.unicodeScalars.allSatisfy(isTagScalar)
    }

    private static func isTagScalar(_ scalar: Unicode.Scalar) -> Bool {
        isPlain(scalar) || ("A"..."Z").contains(scalar) || ["_", ".", "-"].contains(scalar)
    }

    /// Small letters and digits, and between them one `.`, one or two `_`, or any number of `-`.
    private static func isComponent(_ component: Substring) -> Bool {
        var separator = ""
        var hasBegun = false
        for scalar in component.unicodeScalars {
            guard isPlain(scalar) else {
                separator.unicodeScalars.append(scalar)
                continue
            }
            let isJoined = ["", ".", "_", "__"].contains(separator) || separator.allSatisfy { $0 == "-" }
            guard isJoined, hasBegun || separator.isEmpty else { return false }
            (separator, hasBegun) = ("", true)
        }
        return hasBegun && separator.isEmpty
    }

    private static func isPlain(_ scalar: Unicode.Scalar) -> Bool {
        ("a"..."z").contains(scalar) || ("0"..."9").contains(scalar)
    }
}
