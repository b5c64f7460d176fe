import Glibc
import Runtime

/// Whole files and streams, without Foundation.
enum File {
    /// The bytes of a file, or of stdin for `-`.
    static func read(_ path: String) throws(Failure) -> [UInt8] {
        var bytes: [UInt8] = []
        try chunks(of: path, size: 65_536) { bytes.append(contentsOf: $0) }
        return bytes
    }

    /// Hands out a file in pieces of at most `size` bytes, all but the last full.
    static func chunks(of path: String, size: Int, _ body: ([UInt8]) throws -> Void) throws(Failure) {
        let descriptor = path == "-" ? 0 : unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw Failure(.notFound, "\(path): \(lastError)")
        }
        defer { if descriptor != 0 { close(descriptor) } }
        var buffer = [UInt8](repeating: 0, count: size)
        var filled = 0
        while true {
            let count = unsafe buffer.withUnsafeMutableBytes { bytes in
                unsafe Glibc.read(descriptor, bytes.baseAddress! + filled, size - filled)
            }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw Failure(.failure, "\(path): cannot be read") }
            filled += count
            if filled == size || count == 0, filled > 0 {
                do { try body(Array(buffer[..<filled])) } catch { throw Failure(error) }
                filled = 0
            }
            if count == 0 { return }
        }
    }

    /// Writes a whole file.
    static func write(_ text: String, to path: String) throws(Failure) {
        let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw Failure(.failure, "\(path): \(lastError)") }
        defer { close(descriptor) }
        guard send(text, to: descriptor) else { throw Failure(.failure, "\(path): \(lastError)") }
    }

    /// Writes a new file that only its owner may read, down to the disk. Never overwrites: a key that is overwritten is
    /// a database that cannot be read.
    static func create(_ path: String, _ text: String) throws(Failure) {
        let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw Failure(.failure, "\(path): \(lastError)", "an existing file is never overwritten")
        }
        defer { close(descriptor) }
        guard send(text, to: descriptor), fsync(descriptor) == 0, Directory.sync(of: path) else {
            throw Failure(.failure, "\(path): \(lastError)")
        }
    }

    /// Puts another text in the place of a file's in one step, down to the disk. Its owner and its rights stay. Who
    /// reads at the same time sees the one or the other. Of two who revise it at once one fails, and none undoes the
    /// other's.
    ///
    /// - Parameter change: gives the new text for that of the file.
    static func revise(_ path: String, _ change: (String) throws(Failure) -> String) throws(Failure) {
        func failed(_ name: String) -> Failure { Failure(.failure, "\(name): \(lastError)") }
        // The file itself, where the path is a link to it.
        guard let found = unsafe realpath(path, nil) else { throw Failure(.notFound, "\(path): \(lastError)") }
        defer { unsafe free(found) }
        let file = unsafe String(cString: found)
        let new = file + ".new"
        let descriptor = unsafe open(new, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            let advice = "somebody else is at it, or was killed there: then remove that file"
            throw Failure(.failure, "\(new): \(lastError)", advice)
        }
        defer { close(descriptor) }
        do throws(Failure) {
            var old = stat()
            guard unsafe stat(file, &old) == 0 else { throw failed(file) }
            let text = try change(String(decoding: try read(file), as: UTF8.self))
            let isOurs = old.st_uid == geteuid() && old.st_gid == getegid()
            guard send(text, to: descriptor), isOurs || fchown(descriptor, old.st_uid, old.st_gid) == 0,
                fchmod(descriptor, old.st_mode & 0o7777) == 0, fsync(descriptor) == 0, unsafe rename(new, file) == 0,
                Directory.sync(of: file)
            else { throw failed(file) }
        } catch {
            unsafe unlink(new)
            throw error
        }
    }

    /// Writes all of a text; false when the descriptor takes no more.
    static func send(_ text: String, to descriptor: Int32) -> Bool {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = unsafe rest.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }

    /// What the last system call of this thread found wrong.
    static var lastError: String { unsafe String(cString: strerror(errno)) }

    /// The size of a file in bytes; `nil` for a stream.
    static func size(_ path: String) -> Int? {
        var status = stat()
        guard unsafe stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        return Int(status.st_size)
    }
}
