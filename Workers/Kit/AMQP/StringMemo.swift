import Glibc

/// Turns bytes of the wire into strings, and remembers those that come again and again: exchanges, routing keys, header
/// names, content types. A hit costs a comparison instead of a validation and an allocation.
struct StringMemo: ~Copyable {
    private struct Slot {
        var bytes: [UInt8] = []
        var text = ""
    }

    private var slots = [Slot](repeating: Slot(), count: 256)

    /// The text of short-lived or unique bytes; what is not UTF-8 becomes U+FFFD.
    static func text(_ bytes: UnsafeRawBufferPointer) -> String { unsafe String(decoding: bytes, as: UTF8.self) }

    /// The text of bytes that are likely to come again.
    mutating func repeated(_ bytes: UnsafeRawBufferPointer) -> String {
        // Up to 15 bytes a string holds its text itself.
        guard bytes.count > 15, bytes.count <= 128, let address = bytes.baseAddress else {
            return unsafe Self.text(bytes)
        }
        let first = unsafe address.loadUnaligned(as: UInt64.self)
        let last = unsafe (address + (bytes.count - 8)).loadUnaligned(as: UInt64.self)
        let middle = unsafe (address + (bytes.count / 2 - 4)).loadUnaligned(as: UInt64.self)
        let mixed = first ^ (last &* 0x9E37_79B9_7F4A_7C15) ^ (middle &* 0xC2B2_AE3D_27D4_EB4F)
        let index = Int(truncatingIfNeeded: (mixed ^ UInt64(bytes.count)) &* 0x9E37_79B9_7F4A_7C15 >> 40) & 255
        let isHit = unsafe slots[index].bytes.withUnsafeBytes { known in
            guard let start = known.baseAddress, known.count == bytes.count else { return false }
            return unsafe memcmp(start, address, bytes.count) == 0
        }
        if isHit { return slots[index].text }
        let text = unsafe Self.text(bytes)
        unsafe slots[index] = Slot(bytes: [UInt8](bytes), text: text)
        return text
    }
}
