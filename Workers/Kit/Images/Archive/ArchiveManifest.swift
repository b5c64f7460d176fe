import Contracts

/// What `manifest.json` says of one image in the archive.
struct ArchiveManifest {
    let configuration: String
    let references: [String]
    let layers: [String]

    private static let name = "manifest.json"
    /// The most bytes of a document that is read into memory.
    static let limit: Int64 = 4 << 20

    /// The manifest of the image of that name, or of the only one.
    ///
    /// - Throws: `missing`, `malformed`, `ambiguous`, and what reading throws.
    static func read(
        _ index: TarIndex, _ bytes: any ArchiveBytes, named reference: String?
    ) throws(ImageError) -> ArchiveManifest {
        guard let tree = try? JSONTree(parsing: document(name, index, bytes)) else {
            // Reading again says which of both it was.
            _ = try document(name, index, bytes)
            throw ImageError(.malformed, "the archive's manifest is no JSON")
        }
        var found: [ArchiveManifest] = []
        for element in tree.elements { found.append(try ArchiveManifest(element)) }
        if let reference { found.removeAll { !$0.references.contains(reference) } }
        guard let manifest = found.first else { throw ImageError(.missing, "there is no such image in the archive") }
        guard found.count == 1 else { throw ImageError(.ambiguous, "there are several images in the archive") }
        return manifest
    }

    /// A document in the archive.
    static func document(
        _ name: String, _ index: TarIndex, _ bytes: any ArchiveBytes
    ) throws(ImageError) -> [UInt8] {
        let file = try index.file(name)
        guard file.size <= limit else { throw ImageError(.malformed, "“\(name)” is too large") }
        return try bytes.read(at: file.offset, Int(file.size))
    }

    private init(_ tree: JSONTree) throws(ImageError) {
        guard let configuration = tree["Config"]?.text, let layers = tree["Layers"]?.elements else {
            throw ImageError(.malformed, "the archive's manifest names no configuration or no layers")
        }
        self.configuration = configuration
        self.layers = layers.compactMap(\.text)
        references = (tree["RepoTags"]?.elements ?? []).compactMap(\.text)
        guard self.layers.count == layers.count else {
            throw ImageError(.malformed, "the archive's manifest names a layer by no text")
        }
    }
}
