/// Bytes that can be read at any place.
protocol ArchiveBytes: Sendable {
    /// How many there are.
    var size: Int64 { get }

    /// The bytes from a place on.
    ///
    /// - Throws: `truncated` when there are fewer, `unreadable`.
    func read(at offset: Int64, _ count: Int) throws(ImageError) -> [UInt8]
}

/// Bytes in memory.
struct MemoryBytes: ArchiveBytes {
    let bytes: [UInt8]

    var size: Int64 { Int64(bytes.count) }

    func read(at offset: Int64, _ count: Int) throws(ImageError) -> [UInt8] {
        guard offset >= 0, count >= 0, offset <= size, Int64(count) <= size - offset else {
            throw ImageError(.truncated, "the archive ends too early")
        }
        return Array(bytes[Int(offset)..<Int(offset) + count])
    }
}
