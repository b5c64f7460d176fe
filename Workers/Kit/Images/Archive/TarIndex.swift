/// Where the members of a tar archive are. Reads headers, and skips what is between them.
struct TarIndex: Sendable {
    /// A file in the archive.
    struct File: Sendable {
        let offset: Int64
        let size: Int64
    }

    private enum Member {
        case file(File)
        case directory
        case link([UInt8])
    }

    /// More than any image has, and little enough to be remembered.
    static let limit = 65_536

    private var members: [[UInt8]: Member] = [:]

    /// Reads the headers, one after the other.
    ///
    /// - Throws: `truncated`, `malformed`, `unsafePath`, `unsupported`, `ambiguous`, `unreadable`.
    init(_ bytes: any ArchiveBytes) throws(ImageError) {
        var offset: Int64 = 0
        var pending = TarExtension()
        while true {
            let block = try bytes.read(at: offset, TarHeader.blockSize)
            if block.allSatisfy({ $0 == 0 }) { break }
            let header = try TarHeader(block)
            let start = offset + Int64(TarHeader.blockSize)
            let isExtension = "xgLK".utf8.contains(header.type)
            // Links and folders have none, whatever their headers say.
            let isBare = "123456".utf8.contains(header.type)
            let size = isBare ? 0 : isExtension ? header.size : pending.size ?? header.size
            // Compared before it is added to anything: it may be any number.
            guard size <= bytes.size - start else { throw ImageError(.truncated, "the archive ends within a file") }
            if isExtension {
                try Self.extend(&pending, header.type, bytes, start, size)
            } else {
                try add(header, pending, File(offset: start, size: size))
                pending = TarExtension()
            }
            offset = start + TarHeader.padded(size)
        }
        guard pending.isEmpty else { throw ImageError(.malformed, "the archive ends after a header for a next file") }
    }

    /// The file of that name, through links.
    ///
    /// - Throws: `missing`, `unsafePath`.
    func file(_ name: String) throws(ImageError) -> File {
        var path = try TarPath.normal(Array(name.utf8))
        for _ in 0..<8 {
            switch members[path] {
            case .file(let file): return file
            case .link(let link): path = try TarPath.target(of: link, at: path)
            case .directory, nil: throw ImageError(.missing, "“\(name)” is not in the archive")
            }
        }
        throw ImageError(.missing, "“\(name)” is a link to a link, and so on")
    }

    private static func extend(
        _ pending: inout TarExtension, _ type: UInt8, _ bytes: any ArchiveBytes, _ start: Int64, _ size: Int64
    ) throws(ImageError) {
        guard size <= TarExtension.limit else { throw ImageError(.malformed, "a name in the archive is too long") }
        let content = try bytes.read(at: start, Int(size))
        switch type {
        case UInt8(ascii: "L"): pending.name = Array(content.prefix { $0 != 0 })
        case UInt8(ascii: "K"): pending.link = Array(content.prefix { $0 != 0 })
        case UInt8(ascii: "x"): try pending.read(records: content)
        default:
            var global = TarExtension()
            try global.read(records: content)
            guard global.isEmpty else { throw ImageError(.unsupported, "a name or a size for all of the archive") }
        }
    }

    private mutating func add(_ header: TarHeader, _ pending: TarExtension, _ file: File) throws(ImageError) {
        let name = pending.name ?? header.name
        let path = try TarPath.normal(name)
        let member: Member
        switch header.type {
        // Before POSIX a folder was a file whose name ends so.
        case 0 where name.last == UInt8(ascii: "/"), UInt8(ascii: "5"): member = .directory
        case 0, UInt8(ascii: "0"), UInt8(ascii: "7"): member = .file(file)
        case UInt8(ascii: "2"):
            let link = pending.link ?? header.link
            _ = try TarPath.target(of: link, at: path)
            member = .link(link)
        default: throw ImageError(.unsupported, "a hard link, a sparse file or a device in the archive")
        }
        switch (member, members[path]) {
        case (.directory, .directory): return
        case (.directory, nil) where path.isEmpty: return
        case (_, nil) where !path.isEmpty: break
        case (_, nil): throw ImageError(.unsafePath, "a file without a name in the archive")
        default: throw ImageError(.ambiguous, "two members of the archive have one name")
        }
        guard members.count < Self.limit else { throw ImageError(.malformed, "too many files in the archive") }
        members[path] = member
    }
}
