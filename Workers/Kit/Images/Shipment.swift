/// An archive for `docker load`: an image without the layers that the host has.
package struct Shipment: Sendable {
    private enum Content {
        case document([UInt8])
        case layer(ImageLayer)
    }

    /// The name and tag that the host's engine gives to the image.
    package let reference: String
    /// The layers that go along, the lowest first.
    package let missing: [ImageDigest]
    /// Whether everything goes along, so that it suits any host.
    package let isWhole: Bool
    /// How many bytes the archive will have.
    package let size: Int64
    private let members: [(member: TarMember, content: Content)]

    init(reference: String, image: BuiltImage, present: Int) {
        let layers = image.parts.dropFirst(present)
        self.reference = reference
        isWhole = present == 0
        missing = layers.map(\.digest)
        let configuration = "\(image.id.hex).json"
        // Without a layout of OCI beside it: with one, some engines take what is incomplete without a word.
        let manifest = LoadManifest(
            configuration: configuration, reference: reference, layers: image.parts.map(\.name))
        var members: [(TarMember, Content)] = []
        func add(_ name: String, _ size: Int64, _ content: Content) {
            members.append((TarMember(file: Array(name.utf8), size: size), content))
        }
        add(configuration, Int64(image.document.bytes.count), .document(image.document.bytes))
        var seen: Set<String> = []
        for layer in layers where seen.insert(layer.name).inserted {
            add(layer.name, layer.size, .layer(layer))
        }
        add("manifest.json", Int64(manifest.bytes.count), .document(manifest.bytes))
        self.members = members.map { (member: $0.0, content: $0.1) }
        size = members.reduce(Int64(TarMember.end.count)) { $0 + $1.0.paddedSize }
    }

    /// Writes the archive to a file, for its owner alone, in place of what is there. Blocks as long as it takes to copy
    /// that much; memory is a quarter of a mebibyte. After an error there is no such file.
    ///
    /// - Returns: how many bytes it has, which is `size`.
    /// - Throws: `unwritable`; `wrongDigest` when a layer in the base's archive is not what its image says;
    ///   `truncated`, `unreadable`.
    @discardableResult
    package func write(to path: String) throws(ImageError) -> Int64 {
        var file = try FileSink(path)
        try write(to: &file)
        file.keep()
        return size
    }

    func write(to sink: inout some ByteSink) throws(ImageError) {
        for (member, content) in members {
            try sink.write(member.header)
            switch content {
            case .document(let bytes): try sink.write(bytes)
            case .layer(let layer): try layer.write(to: &sink)
            }
            try sink.write(TarMember.padding(after: member.size))
        }
        try sink.write(TarMember.end)
    }
}
