/// A layer, and where its bytes are.
struct ImageLayer: Sendable {
    enum Content: Sendable {
        /// In an archive; `digest` is that of the bytes as they are there, which may be compressed.
        case archived(any ArchiveBytes, offset: Int64, digest: ImageDigest)
        case made(LayerTar)
    }

    /// The diff id: of the bytes when they are not compressed.
    let digest: ImageDigest
    let size: Int64
    let content: Content

    /// What it is called in an archive. One that is compressed is called by the digest of what is there: it cannot be
    /// checked otherwise.
    var name: String {
        if case .archived(_, _, let stored) = content, stored != digest { return "blobs/sha256/\(stored.hex)" }
        return "\(digest.hex).tar"
    }

    private static let pieceSize: Int64 = 262_144

    /// Writes the bytes, a quarter of a mebibyte at a time.
    ///
    /// - Throws: `wrongDigest` after the last of them, `truncated`, `unreadable`, `unwritable`.
    func write(to sink: inout some ByteSink) throws(ImageError) {
        switch content {
        case .made(let tar): try tar.write(to: &sink)
        case .archived(let bytes, let offset, let expected):
            var digest = DigestSink()
            var done: Int64 = 0
            while done < size {
                let piece = try bytes.read(at: offset + done, Int(min(Self.pieceSize, size - done)))
                digest.write(piece)
                try sink.write(piece)
                done += Int64(piece.count)
            }
            guard digest.digest == expected else {
                throw ImageError(.wrongDigest, "a layer in the archive is not the one that its image names")
            }
        }
    }
}
