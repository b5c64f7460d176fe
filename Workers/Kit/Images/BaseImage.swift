import Sealing

/// An image in an archive, as `docker save` writes it: that of the engine itself, and the OCI layout that engines from
/// 25 on write beside their manifest.
///
/// Reading it takes the headers of the archive and two small documents. Layers stay on disk, and are read when they
/// are shipped; the archive is kept open until then.
package struct BaseImage: Sendable {
    private let document: ImageDocument
    private let parts: [ImageLayer]

    /// Opens an archive.
    ///
    /// - Parameter reference: which of several images, as in `ruche-shop:generic`; `nil` for the only one.
    /// - Throws: `notFound`, `unreadable`, `truncated`, `malformed`, `unsafePath`, `unsupported`, `ambiguous`,
    ///   `missing`, `wrongDigest` for a configuration that is not the one it is called by.
    package init(archive path: String, named reference: String? = nil) throws(ImageError) {
        try self.init(ArchiveFile(path), named: reference)
    }

    init(_ bytes: any ArchiveBytes, named reference: String? = nil) throws(ImageError) {
        let index = try TarIndex(bytes)
        let manifest = try ArchiveManifest.read(index, bytes, named: reference)
        document = try ImageDocument(ArchiveManifest.document(manifest.configuration, index, bytes))
        let named = Self.digest(in: manifest.configuration)
        guard named == nil || named == document.id else {
            throw ImageError(.wrongDigest, "the image's configuration is not the one that it is called by")
        }
        guard manifest.layers.count == document.layers.count else {
            throw ImageError(.malformed, "the manifest and the image's configuration disagree about the layers")
        }
        var parts: [ImageLayer] = []
        for (name, digest) in zip(manifest.layers, document.layers) {
            parts.append(try Self.layer(digest, name, index.file(name), bytes))
        }
        self.parts = parts
    }

    /// The digest of its configuration.
    package var id: ImageDigest { document.id }
    /// The diff ids of its layers, the lowest first.
    package var layers: [ImageDigest] { document.layers }
    /// The system that it is for, such as `linux`.
    package var os: String { document.os }
    /// The processor that it is for, such as `amd64`.
    package var architecture: String { document.architecture }
    /// The labels.
    package var labels: [String: String] { document.labels }
    /// How many bytes its layers have, as they are in the archive.
    package var size: Int64 { parts.reduce(0) { $0 + $1.size } }

    /// Names what would become of the image with these entries and labels: 16 digits that are the same only for the
    /// same image, entries and labels. The image's own id cannot stand in one of its files; this can.
    ///
    /// - Throws: `badEntry`.
    package func release(of entries: [LayerEntry], labels: [String: String]) throws(ImageError) -> String {
        let text = labels.sorted { $0.key < $1.key }.flatMap { [$0.key, $0.value] }
        let key = [id.description, try LayerTar(entries).digest.description] + text
        // With its length before each part, so that no two lists look alike.
        let bytes = key.flatMap { Array("\($0.utf8.count):\($0)".utf8) }
        return String(Hex.text(Digest.sha256(bytes)).prefix(16))
    }

    /// The image with a layer of these entries, and these labels besides its own. What it runs, its environment and
    /// its user stay. The same arguments give the same image. Nothing is written.
    ///
    /// - Parameter author: what the image's history says of the layer.
    /// - Throws: `badEntry`.
    package func adding(
        _ entries: [LayerEntry], labels: [String: String], by author: String
    ) throws(ImageError) -> BuiltImage {
        let tar = try LayerTar(entries)
        let layer = ImageLayer(digest: tar.digest, size: tar.size, content: .made(tar))
        let document = try document.adding(layer.digest, labels: labels, by: author)
        return BuiltImage(document: document, parts: parts + [layer])
    }

    private static func layer(
        _ digest: ImageDigest, _ name: String, _ file: TarIndex.File, _ bytes: any ArchiveBytes
    ) throws(ImageError) -> ImageLayer {
        let start = try bytes.read(at: file.offset, Int(min(4, file.size)))
        let isCompressed = start.starts(with: [0x1F, 0x8B]) || start == [0x28, 0xB5, 0x2F, 0xFD]
        guard let stored = isCompressed ? self.digest(in: name) : digest else {
            throw ImageError(.unsupported, "a compressed layer that is not called by its digest")
        }
        return ImageLayer(
            digest: digest, size: file.size, content: .archived(bytes, offset: file.offset, digest: stored))
    }

    /// The digest that a file is called by: `blobs/sha256/…`, or `….json` as engines before 25 have it.
    private static func digest(in name: String) -> ImageDigest? {
        let blobs = "blobs/sha256/"
        if name.hasPrefix(blobs) { return ImageDigest(hex: name.dropFirst(blobs.count)) }
        return name.hasSuffix(".json") ? ImageDigest(hex: name.dropLast(".json".count)) : nil
    }
}
