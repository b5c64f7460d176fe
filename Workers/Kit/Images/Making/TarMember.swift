/// The header of a member that is written: the same values give the same bytes.
///
/// POSIX.1-2001: `ustar`, and before it a header of pax where the name is long, no ASCII, or the file large.
struct TarMember {
    let path: [UInt8]
    let isDirectory: Bool
    let size: Int64
    let mode: Int
    let owner: Int
    let group: Int

    init(file path: [UInt8], size: Int64, mode: Int = 0o644, owner: Int = 0, group: Int = 0) {
        (self.path, self.size, self.mode, self.owner, self.group) = (path, size, mode, owner, group)
        isDirectory = false
    }

    init(directory path: [UInt8], mode: Int = 0o755, owner: Int = 0, group: Int = 0) {
        (self.path, self.mode, self.owner, self.group) = (path + [UInt8(ascii: "/")], mode, owner, group)
        (isDirectory, size) = (true, 0)
    }

    /// The largest that fits into eleven digits to the base of eight.
    static let largest: Int64 = 0o777_7777_7777
    /// What stands at the end of an archive.
    static let end = [UInt8](repeating: 0, count: 1024)
    /// 2000-01-01. Some programs take zero for no time at all.
    private static let time: Int64 = 946_684_800

    /// What comes before the content.
    var header: [UInt8] {
        var records: [UInt8] = []
        if path.count > 100 || path.contains(where: { $0 >= 0x80 }) { records += Self.record("path", path) }
        if size > Self.largest { records += Self.record("size", Array(String(size).utf8)) }
        guard !records.isEmpty else { return block(path, size, type: isDirectory ? "5" : "0") }
        let pax = block(Array("././@PaxHeader".utf8), Int64(records.count), type: "x")
        let plain = path.prefix(100).map { $0 < 0x80 ? $0 : UInt8(ascii: "_") }
        return pax + records + Self.padding(after: Int64(records.count))
            + block(plain, min(size, Self.largest), type: isDirectory ? "5" : "0")
    }

    /// How many bytes it takes with header and padding.
    var paddedSize: Int64 { Int64(header.count) + TarHeader.padded(size) }

    /// What fills the last block of a content of this size.
    static func padding(after size: Int64) -> [UInt8] {
        [UInt8](repeating: 0, count: Int(TarHeader.padded(size) - size))
    }

    /// A record of pax, whose length counts its own digits.
    private static func record(_ key: String, _ value: [UInt8]) -> [UInt8] {
        let rest = Array(" \(key)=".utf8) + value + [UInt8(ascii: "\n")]
        var length = rest.count
        while String(length).utf8.count + rest.count != length { length = String(length).utf8.count + rest.count }
        return Array(String(length).utf8) + rest
    }

    private func block(_ name: [UInt8], _ size: Int64, type: Unicode.Scalar) -> [UInt8] {
        var block = [UInt8](repeating: 0, count: TarHeader.blockSize)
        func put(_ bytes: some Sequence<UInt8>, at place: Int) {
            for (offset, byte) in bytes.enumerated() { block[place + offset] = byte }
        }
        func put(_ number: Int64, digits: Int, at place: Int) {
            let text = String(number, radix: 8).utf8
            put(repeatElement(UInt8(ascii: "0"), count: digits - text.count), at: place)
            put(text, at: place + digits - text.count)
        }
        put(name, at: 0)
        put(Int64(mode), digits: 7, at: 100)
        put(Int64(owner), digits: 7, at: 108)
        put(Int64(group), digits: 7, at: 116)
        put(size, digits: 11, at: 124)
        put(Self.time, digits: 11, at: 136)
        put("        ".utf8, at: 148)
        put([UInt8(ascii: type)], at: 156)
        put("ustar".utf8, at: 257)
        put("00".utf8, at: 263)
        put(block.reduce(0) { $0 + Int64($1) }, digits: 6, at: 148)
        put([0, UInt8(ascii: " ")], at: 154)
        return block
    }
}
