/// What stands before a member because its header has no room for it: the records of pax, the long names of GNU.
struct TarExtension {
    var name: [UInt8]?
    var link: [UInt8]?
    var size: Int64?

    /// The most bytes of it.
    static let limit: Int64 = 1 << 20

    var isEmpty: Bool { name == nil && link == nil && size == nil }

    /// Takes records in: each is its own length, a key and a value, as in `20 path=etc/passwd` and a line feed.
    ///
    /// - Throws: `malformed`, `unsupported` for a sparse file.
    mutating func read(records bytes: [UInt8]) throws(ImageError) {
        var rest = bytes[...]
        // GNU fills up with zero bytes.
        while let first = rest.first, first != 0 {
            guard let space = rest.prefix(12).firstIndex(of: UInt8(ascii: " ")),
                let length = Int(String(decoding: rest[..<space], as: UTF8.self)),
                length > space - rest.startIndex + 1, length <= rest.count
            else { throw ImageError(.malformed, "a pax record without its length") }
            let record = rest[(space + 1)..<(rest.startIndex + length)]
            guard record.last == UInt8(ascii: "\n"), let sign = record.firstIndex(of: UInt8(ascii: "=")) else {
                throw ImageError(.malformed, "a pax record without key or end")
            }
            try take(String(decoding: record[..<sign], as: UTF8.self), Array(record[(sign + 1)...].dropLast()))
            rest = rest[record.endIndex...]
        }
    }

    private mutating func take(_ key: String, _ value: [UInt8]) throws(ImageError) {
        switch key {
        case "path": name = value
        case "linkpath": link = value
        case "size":
            guard let number = Int64(String(decoding: value, as: UTF8.self)), number >= 0 else {
                throw ImageError(.malformed, "a pax record with a size that is none")
            }
            size = number
        case _ where key.hasPrefix("GNU.sparse."): throw ImageError(.unsupported, "a sparse file in the archive")
        default: break
        }
    }
}
