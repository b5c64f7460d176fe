@testable import Images

/// A tar archive made by hand, so that every byte of it can be wrong.
struct TestTar {
    private(set) var bytes: [UInt8] = []

    /// A header and what follows it, filled up to whole blocks.
    mutating func add(
        _ name: String, _ content: [UInt8] = [], type: Character = "0", link: String = "", size: String? = nil,
        change: (inout [UInt8]) -> Void = { _ in }
    ) {
        var block = [UInt8](repeating: 0, count: 512)
        func put(_ text: String, at place: Int) {
            for (offset, byte) in text.utf8.enumerated() { block[place + offset] = byte }
        }
        put(name, at: 0)
        put("0000644", at: 100)
        put("0000000", at: 108)
        put("0000000", at: 116)
        put(size ?? Self.octal(content.count, digits: 11), at: 124)
        put("00000000000", at: 136)
        put(String(type), at: 156)
        put(link, at: 157)
        put("ustar\u{0}00", at: 257)
        change(&block)
        for place in 148..<156 { block[place] = UInt8(ascii: " ") }
        put(Self.octal(block.reduce(0) { $0 + Int($1) }, digits: 6) + "\u{0}", at: 148)
        bytes += block + content
        bytes += [UInt8](repeating: 0, count: (512 - content.count % 512) % 512)
    }

    /// What stands at the end.
    mutating func end() { bytes += [UInt8](repeating: 0, count: 1024) }

    /// A record of pax.
    static func record(_ key: String, _ value: String) -> [UInt8] {
        let rest = " \(key)=\(value)\n"
        var length = rest.utf8.count
        while length != rest.utf8.count + String(length).count { length = rest.utf8.count + String(length).count }
        return Array("\(length)\(rest)".utf8)
    }

    private static func octal(_ number: Int, digits: Int) -> String {
        let text = String(number, radix: 8)
        return String(repeating: "0", count: digits - text.count) + text
    }
}
