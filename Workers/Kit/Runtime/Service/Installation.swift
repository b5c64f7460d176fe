import Glibc

/// Where this process's executable lies, and what came with it.
package enum Installation {
    /// The folders above the executable, the nearest first, as paths without a slash at the end.
    package static var folders: [String] {
        var bytes = [UInt8](repeating: 0, count: Int(PATH_MAX))
        let count = unsafe bytes.withUnsafeMutableBytes { bytes in
            guard let start = unsafe bytes.assumingMemoryBound(to: CChar.self).baseAddress else { return 0 }
            return unsafe readlink("/proc/self/exe", start, bytes.count)
        }
        let parts = String(decoding: bytes.prefix(max(0, count)), as: UTF8.self).split(separator: "/").dropLast()
        return parts.indices.reversed().map { last in "/" + parts[parts.startIndex...last].joined(separator: "/") }
    }

    /// Whether there is a file at this path that this process may read.
    package static func hasFile(_ path: String) -> Bool { unsafe access(path, R_OK) == 0 }
}
