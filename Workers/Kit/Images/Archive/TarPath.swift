/// The names of members of an archive: components, never out of it.
enum TarPath {
    private static let slash = UInt8(ascii: "/")

    /// A member's name without what means nothing: `./a//b/` is `a/b`. Empty for the archive's root.
    ///
    /// - Throws: `unsafePath` for one that begins at the root, goes up or has a zero byte.
    static func normal(_ name: [UInt8]) throws(ImageError) -> [UInt8] {
        guard name.first != slash else { throw ImageError(.unsafePath, "a name in the archive begins at the root") }
        return try resolve(name, from: [], goingUp: false)
    }

    /// Where a link leads.
    ///
    /// - Throws: `unsafePath` when that is outside.
    static func target(of link: [UInt8], at name: [UInt8]) throws(ImageError) -> [UInt8] {
        guard link.first != slash else { throw ImageError(.unsafePath, "a link in the archive begins at the root") }
        let folder = name.split(separator: slash).dropLast()
        return try resolve(link, from: Array(folder), goingUp: true)
    }

    private static func resolve(
        _ path: [UInt8], from start: [ArraySlice<UInt8>], goingUp: Bool
    ) throws(ImageError) -> [UInt8] {
        guard !path.contains(0) else { throw ImageError(.unsafePath, "a name in the archive has a zero byte") }
        var components = start
        for component in path.split(separator: slash) {
            switch Array(component) {
            case Array(".".utf8): break
            case Array("..".utf8):
                guard goingUp, components.popLast() != nil else {
                    throw ImageError(.unsafePath, "a name in the archive leads out of it")
                }
            default: components.append(component)
            }
        }
        return Array(components.joined(separator: [slash]))
    }
}
