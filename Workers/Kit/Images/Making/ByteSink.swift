import Sealing

/// Where an archive goes, piece by piece.
protocol ByteSink {
    /// Takes the next bytes.
    ///
    /// - Throws: `unwritable`.
    mutating func write(_ bytes: [UInt8]) throws(ImageError)
}

/// Keeps nothing of the bytes but their digest.
struct DigestSink: ByteSink {
    private var stream = SHA256Stream()

    mutating func write(_ bytes: [UInt8]) { stream.update(bytes) }

    /// The digest of all that was written.
    var digest: ImageDigest { ImageDigest(bytes: stream.finish()) }
}

/// Keeps the bytes.
struct MemorySink: ByteSink {
    private(set) var bytes: [UInt8] = []

    mutating func write(_ bytes: [UInt8]) { self.bytes += bytes }
}
