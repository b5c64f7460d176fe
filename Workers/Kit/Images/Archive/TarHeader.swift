/// The 512 bytes before each member of a tar archive (POSIX.1-2001, `ustar`), as they are read.
struct TarHeader {
    static let blockSize = 512

    let name: [UInt8]
    let link: [UInt8]
    let size: Int64
    let type: UInt8

    /// - Throws: `malformed` for a wrong checksum or a number that is none.
    init(_ block: [UInt8]) throws(ImageError) {
        var sum: Int64 = 0
        for (place, byte) in block.enumerated() {
            sum += Int64((148..<156).contains(place) ? UInt8(ascii: " ") : byte)
        }
        guard block.count == Self.blockSize, try Self.number(block[148..<156]) == sum else {
            throw ImageError(.malformed, "a header in the archive has a wrong checksum")
        }
        size = try Self.number(block[124..<136])
        type = block[156]
        link = Self.text(block[157..<257])
        let isUstar = block[257..<262].elementsEqual("ustar".utf8)
        // GNU's own format, `ustar` and two spaces, has other things where the prefix is.
        let prefix = isUstar && block[262] == 0 ? Self.text(block[345..<500]) : []
        let last = Self.text(block[0..<100])
        name = prefix.isEmpty ? last : prefix + [UInt8(ascii: "/")] + last
    }

    /// How many bytes a member of this size takes, up to where the next header begins.
    static func padded(_ size: Int64) -> Int64 { (size + 511) / 512 * 512 }

    private static func text(_ field: ArraySlice<UInt8>) -> [UInt8] { Array(field.prefix { $0 != 0 }) }

    /// Digits to the base of eight; or, as GNU has it for what is large, bytes after one whose highest bit is set.
    private static func number(_ field: ArraySlice<UInt8>) throws(ImageError) -> Int64 {
        var number: Int64 = 0
        if let first = field.first, first & 0x80 != 0 {
            guard first == 0x80 else { throw ImageError(.malformed, "a negative number in a header of the archive") }
            for byte in field.dropFirst() {
                guard number <= Int64.max >> 8 else { throw ImageError(.malformed, "a number that is too large") }
                number = number << 8 | Int64(byte)
            }
            return number
        }
        let digits = field.drop { $0 == UInt8(ascii: " ") }.prefix { $0 != 0 && $0 != UInt8(ascii: " ") }
        for digit in digits {
            guard (UInt8(ascii: "0")...UInt8(ascii: "7")).contains(digit) else {
                throw ImageError(.malformed, "a number in a header of the archive is none")
            }
            number = number << 3 | Int64(digit - UInt8(ascii: "0"))
        }
        return number
    }
}
