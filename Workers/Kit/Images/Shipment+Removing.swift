import Glibc

extension Shipment {
    /// Removes an archive that was written, if it is there.
    package static func remove(at path: String) { _ = unsafe unlink(path) }

    /// The names in a directory; none when it cannot be read.
    package static func names(in directory: String) -> [String] {
        guard let stream = unsafe opendir(directory) else { return [] }
        defer { unsafe closedir(stream) }
        var names: [String] = []
        while let found = unsafe readdir(stream) {
            let name = unsafe withUnsafeBytes(of: &found.pointee.d_name) { bytes in
                unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            names.append(name)
        }
        return names
    }
}
