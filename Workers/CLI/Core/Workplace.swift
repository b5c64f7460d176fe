import Glibc

/// A directory of this run alone, for files that are of no use after it.
struct Workplace {
    let path: String

    /// Makes a directory that only its owner may enter, under `TMPDIR` or `/tmp`.
    init(_ name: String) throws(Failure) {
        path = (Terminal.variable("TMPDIR") ?? "/tmp") + "/" + name
        guard unsafe mkdir(path, 0o700) == 0 else { throw Failure(.failure, "\(path): \(File.lastError)") }
    }

    /// The path of a file in it.
    func file(_ name: String) -> String { "\(path)/\(name)" }

    /// Removes these files, and the directory when nothing else is in it.
    func remove(_ files: [String]) {
        for file in files { _ = unsafe unlink(file) }
        _ = unsafe rmdir(path)
    }
}
