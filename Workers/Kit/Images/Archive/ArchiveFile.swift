import Glibc

/// An archive on disk, open as long as anybody may read it: who replaces the file does not change what is read.
final class ArchiveFile: ArchiveBytes {
    let size: Int64
    private let number: Int32

    /// - Throws: `notFound`, `unreadable`.
    init(_ path: String) throws(ImageError) {
        number = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard number >= 0 else {
            throw errno == ENOENT
                ? ImageError(.notFound, "there is no such archive")
                : ImageError(.unreadable, "the archive cannot be opened", errno: errno)
        }
        var status = stat()
        guard unsafe fstat(number, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            close(number)
            throw ImageError(.unreadable, "the archive is no file")
        }
        size = Int64(status.st_size)
    }

    deinit { close(number) }

    func read(at offset: Int64, _ count: Int) throws(ImageError) -> [UInt8] {
        guard offset >= 0, offset <= size, Int64(count) <= size - offset else {
            throw ImageError(.truncated, "the archive ends too early")
        }
        var failure: Int32?
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while filled < count {
                let got = unsafe pread(
                    number, buffer.baseAddress.map { unsafe $0 + filled }, count - filled, off_t(offset) + filled)
                if got < 0, errno == EINTR { continue }
                if got < 0 { failure = errno }
                guard got > 0 else { return }
                filled += got
            }
        }
        if let failure { throw ImageError(.unreadable, "the archive cannot be read", errno: failure) }
        guard bytes.count == count else { throw ImageError(.truncated, "the archive became shorter") }
        return bytes
    }
}
