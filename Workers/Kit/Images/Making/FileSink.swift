import Glibc

/// A file that is being written. Unless it is kept it is removed.
final class FileSink: ByteSink {
    private let path: String
    private let number: Int32
    private var isKept = false

    /// Makes the file, for its owner alone, or empties the one that is there.
    ///
    /// - Throws: `unwritable`.
    init(_ path: String) throws(ImageError) {
        self.path = path
        number = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard number >= 0 else { throw ImageError(.unwritable, "the archive cannot be made", errno: errno) }
        var status = stat()
        guard unsafe fstat(number, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            // What is no file is not removed either.
            isKept = true
            throw ImageError(.unwritable, "the archive's place is taken by what is no file")
        }
    }

    deinit {
        close(number)
        if !isKept { unsafe unlink(path) }
    }

    func write(_ bytes: [UInt8]) throws(ImageError) {
        var written = 0
        while written < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { buffer in
                unsafe Glibc.write(number, buffer.baseAddress.map { unsafe $0 + written }, buffer.count - written)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw ImageError(.unwritable, "the archive cannot be written", errno: errno) }
            written += count
        }
    }

    /// The file is complete.
    func keep() { isKept = true }
}
