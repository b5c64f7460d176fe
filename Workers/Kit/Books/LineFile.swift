import Glibc
import Runtime

/// A file that is only ever appended to, a whole line at a time. Safe to use from several threads when its owner locks.
struct LineFile: ~Copyable {
    private let descriptor: Int32
    private let path: String

    /// Opens a file, which is made for its owner alone when it is not there; the disk has its name then. A torn last
    /// line, left by a process that was killed, is cut off.
    init(appending path: String) throws(BooksError) {
        self.path = path
        descriptor = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Self.failure(path, "cannot be opened") }
        let end = try Self.endOfLines(descriptor, path)
        guard ftruncate(descriptor, end) == 0, lseek(descriptor, end, SEEK_SET) == end else {
            throw Self.failure(path, "cannot be appended to")
        }
        guard end > 0 || Directory.sync(of: path) else { throw Self.failure(path, "cannot be forced to the disk") }
    }

    deinit { close(descriptor) }

    /// Appends lines, each with its end. Returns when the disk has them.
    func append(_ lines: [UInt8]) throws(BooksError) {
        var done = 0
        while done < lines.count {
            let count = unsafe lines.withUnsafeBytes { bytes in
                unsafe write(descriptor, bytes.baseAddress! + done, bytes.count - done)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw Self.failure(path, "cannot be written") }
            done += count
        }
        guard fdatasync(descriptor) == 0 else { throw Self.failure(path, "cannot be forced to the disk") }
    }

    /// Hands out the lines of a file without their ends, in constant memory. A torn last line is passed over; a file
    /// that is not there has none.
    static func read(_ path: String, _ body: ([UInt8]) throws(BooksError) -> Void) throws(BooksError) {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        if descriptor < 0, errno == ENOENT { return }
        guard descriptor >= 0 else { throw failure(path, "cannot be opened") }
        defer { close(descriptor) }
        var buffer: [UInt8] = []
        while true {
            let chunk = try Self.chunk(descriptor, path)
            if chunk.isEmpty { return }
            buffer += chunk
            var start = 0
            while let end = buffer[start...].firstIndex(of: 0x0A) {
                try body(Array(buffer[start..<end]))
                start = end + 1
            }
            buffer.removeFirst(start)
        }
    }

    private static func chunk(_ descriptor: Int32, _ path: String) throws(BooksError) -> [UInt8] {
        while true {
            var count = 0
            let bytes = unsafe [UInt8](unsafeUninitializedCapacity: 262_144) { buffer, filled in
                count = unsafe Glibc.read(descriptor, buffer.baseAddress, buffer.count)
                filled = max(0, count)
            }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw failure(path, "cannot be read") }
            return bytes
        }
    }

    /// Where the last whole line ends.
    private static func endOfLines(_ descriptor: Int32, _ path: String) throws(BooksError) -> off_t {
        var end = lseek(descriptor, 0, SEEK_END)
        guard end >= 0 else { throw failure(path, "cannot be read") }
        var byte: UInt8 = 0
        while end > 0 {
            guard unsafe pread(descriptor, &byte, 1, end - 1) == 1 else { throw failure(path, "cannot be read") }
            if byte == 0x0A { break }
            end -= 1
        }
        return end
    }

    private static func failure(_ path: String, _ what: String) -> BooksError {
        BooksError(.file, "\(path) \(what): \(unsafe String(cString: strerror(errno)))")
    }
}
