/// A layer of entries: their folders made up, in the order of their paths, times fixed. The same entries, in any order,
/// give the same bytes.
struct LayerTar: Sendable {
    private let entries: [(path: [UInt8], entry: LayerEntry)]

    /// - Throws: `badEntry`.
    init(_ entries: [LayerEntry]) throws(ImageError) {
        var found: [[UInt8]: LayerEntry] = [:]
        for entry in entries {
            let path = try Self.path(of: entry)
            guard found.updateValue(entry, forKey: path) == nil else {
                throw ImageError(.badEntry, "two entries of a layer have one path")
            }
        }
        for path in Array(found.keys) {
            var folder = path
            while let slash = folder.lastIndex(of: UInt8(ascii: "/")) {
                folder = Array(folder[..<slash])
                guard found[folder]?.content == nil else {
                    throw ImageError(.badEntry, "an entry of a layer lies in another that is no folder")
                }
                if found[folder] == nil { found[folder] = .directory(String(decoding: folder, as: UTF8.self)) }
            }
        }
        self.entries = found.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map { ($0.key, $0.value) }
    }

    /// How many bytes the archive has.
    var size: Int64 {
        entries.reduce(Int64(TarMember.end.count)) { $0 + Self.member($1.path, $1.entry).paddedSize }
    }

    /// The diff id.
    var digest: ImageDigest {
        var sink = DigestSink()
        // It takes everything.
        try? write(to: &sink)
        return sink.digest
    }

    /// Writes the archive, an entry at a time.
    func write(to sink: inout some ByteSink) throws(ImageError) {
        for (path, entry) in entries {
            try sink.write(Self.member(path, entry).header)
            guard let content = entry.content else { continue }
            try sink.write(content)
            try sink.write(TarMember.padding(after: Int64(content.count)))
        }
        try sink.write(TarMember.end)
    }

    private static func member(_ path: [UInt8], _ entry: LayerEntry) -> TarMember {
        guard let content = entry.content else {
            return TarMember(directory: path, mode: entry.mode, owner: entry.owner, group: entry.group)
        }
        return TarMember(
            file: path, size: Int64(content.count), mode: entry.mode, owner: entry.owner, group: entry.group)
    }

    private static let largestNumber = 0o777_7777

    private static func path(of entry: LayerEntry) throws(ImageError) -> [UInt8] {
        let bytes = Array(entry.path.utf8)
        let path = bytes.first == UInt8(ascii: "/") ? Array(bytes.dropFirst()) : bytes
        let components = path.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        let isGood = components.allSatisfy { component in
            let isName = !component.isEmpty && ![".", ".."].contains(String(decoding: component, as: UTF8.self))
            // A name that begins so is the mark of a file that was removed.
            return isName && component.count <= 255 && !component.starts(with: ".wh.".utf8)
        }
        guard isGood, !path.contains(0), path.count <= 4000 else {
            throw ImageError(.badEntry, "an entry of a layer has a path that no file can have")
        }
        let numbers = 0...largestNumber
        guard (0...0o7777).contains(entry.mode), numbers.contains(entry.owner), numbers.contains(entry.group) else {
            throw ImageError(.badEntry, "an entry of a layer has permissions or an owner that there are not")
        }
        return path
    }
}
