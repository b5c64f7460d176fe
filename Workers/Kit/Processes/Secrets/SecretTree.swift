import CLinux
import Glibc

/// Names that nobody guesses.
enum SecretName {
    /// 128 random bits as 32 hexadecimal digits.
    static func make() throws(SecretError) -> String {
        var halves: (UInt64, UInt64) = (0, 0)
        let size = MemoryLayout.size(ofValue: halves)
        guard unsafe ruche_random(&halves, size) == size else { throw SecretError(.failed, "no random bytes", errno) }
        return [halves.0, halves.1].map { half in
            let digits = String(half, radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
    }
}

/// What directories of secrets are handled with. No link is ever followed.
enum SecretTree {
    /// Opens a directory. The number is negative when it is none.
    static func open(_ name: String, in place: Int32) -> Descriptor {
        Descriptor(taking: unsafe openat(place, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC))
    }

    /// Whether a name leads to the directory that is open.
    static func isThere(_ name: String, in place: Int32, as directory: Int32) -> Bool {
        var named = stat()
        var opened = stat()
        return unsafe fstatat(place, name, &named, AT_SYMLINK_NOFOLLOW) == 0 && fstat(directory, &opened) == 0
            && named.st_ino == opened.st_ino && named.st_dev == opened.st_dev
    }

    /// The names in a directory.
    static func names(in directory: Int32) -> [String] {
        // Another opening, for reading moves the place within it.
        let copy = unsafe openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard copy >= 0, let stream = unsafe fdopendir(copy) else { return [] }
        defer { unsafe closedir(stream) }
        var names: [String] = []
        while let found = unsafe readdir(stream) {
            let name = unsafe withUnsafeBytes(of: &found.pointee.d_name) { bytes in
                unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }

    /// Removes a directory with all that is in it.
    static func remove(_ name: String, _ directory: Int32, in place: Int32) {
        for entry in names(in: directory) where unsafe unlinkat(directory, entry, 0) != 0 {
            let below = open(entry, in: directory)
            if below.number >= 0 { remove(entry, below.number, in: directory) }
        }
        _ = unsafe unlinkat(place, name, AT_REMOVEDIR)
    }
}
