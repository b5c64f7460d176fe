import Synchronization

@testable import Images

/// Bytes, and how many of them were asked for.
final class CountedBytes: ArchiveBytes {
    private let bytes: MemoryBytes
    private let counts = Mutex((total: 0, largest: 0))

    init(_ bytes: MemoryBytes) { self.bytes = bytes }

    var size: Int64 { bytes.size }
    var total: Int { counts.withLock { $0.total } }
    var largest: Int { counts.withLock { $0.largest } }

    func read(at offset: Int64, _ count: Int) throws(ImageError) -> [UInt8] {
        counts.withLock { $0 = ($0.total + count, max($0.largest, count)) }
        return try bytes.read(at: offset, count)
    }
}
