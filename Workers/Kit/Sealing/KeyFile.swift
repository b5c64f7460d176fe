import CSodium
import Glibc

/// Reads and writes the text form of secret keys.
struct KeyFile {
    /// What tells one edition of a file from another without reading it.
    struct Edition: Equatable {
        private let device: dev_t
        private let node: ino_t
        private let size: off_t
        private let seconds: Int
        private let nanoseconds: Int

        /// The edition that a path leads to; `nil` when there is none.
        init?(path: String) {
            var status = stat()
            guard unsafe stat(path, &status) == 0 else { return nil }
            self.init(status)
        }

        fileprivate init(_ status: stat) {
            (device, node, size) = (status.st_dev, status.st_ino, status.st_size)
            (seconds, nanoseconds) = (status.st_mtim.tv_sec, status.st_mtim.tv_nsec)
        }
    }

    let path: String
    let edition: Edition
    let text: String
    let isWorldReadable: Bool

    private static let prefix = "ruche-key:v1:"
    /// Far more than the keys and their comments need.
    private static let maximumSize = 64 * 1024
    /// How many keys a file may hold.
    static let maximumCount = 16

    /// Reads a file.
    ///
    /// - Throws: `unreadableKeyFile`, or `malformedKey` for one that is too large.
    init(path: String) throws(SealingError) {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Self.unreadable(errno) }
        defer { close(descriptor) }
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else { throw Self.unreadable(errno) }
        self.path = path
        edition = Edition(status)
        isWorldReadable = status.st_mode & S_IROTH != 0

        var bytes = [UInt8](repeating: 0, count: Self.maximumSize + 1)
        defer { bytes.zero() }
        var filled = 0
        while filled < bytes.count {
            let count = unsafe bytes.withUnsafeMutableBytes { buffer in
                unsafe read(descriptor, buffer.baseAddress! + filled, buffer.count - filled)
            }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw Self.unreadable(errno) }
            if count == 0 { break }
            filled += count
        }
        guard filled <= Self.maximumSize else {
            throw SealingError(.malformedKey, "the key file is larger than \(Self.maximumSize / 1024) KiB")
        }
        text = String(decoding: bytes[..<filled], as: UTF8.self)
    }

    /// The keys of a file's text, one at least.
    ///
    /// - Throws: `malformedKey`.
    static func keys(in text: String) throws(SealingError) -> [SecretKey] {
        var keys: [SecretKey] = []
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let line = line.trimmingSpaces
            if line.isEmpty || line.hasPrefix("#") { continue }
            keys.append(try key(line, number: index + 1))
        }
        guard !keys.isEmpty else { throw SealingError(.malformedKey, "the key file holds no key") }
        guard keys.count <= maximumCount else {
            throw SealingError(.malformedKey, "the key file holds \(keys.count) keys; \(maximumCount) are the most")
        }
        return keys
    }

    static func line(_ key: SecretKey) -> String {
        var secret = key.copySecret()
        defer { secret.zero() }
        return "\(prefix)\(key.id):\(Sodium.base64(secret))"
    }

    private static func key(_ line: Substring, number: Int) throws(SealingError) -> SecretKey {
        func malformed(_ reason: String) -> SealingError {
            SealingError(.malformedKey, "line \(number) of the key file \(reason)")
        }
        guard line.hasPrefix(prefix) else { throw malformed("does not begin with \(prefix)") }
        let fields = line.dropFirst(prefix.count).split(separator: ":", omittingEmptySubsequences: false)
        guard fields.count == 2 else { throw malformed("is not \(prefix)<id>:<base64>") }
        guard var secret = Sodium.bytes(base64: fields[1]), secret.count == SecretKey.count else {
            throw malformed("does not hold \(SecretKey.count) bytes of base64")
        }
        defer { secret.zero() }
        let key = SecretKey(secret: secret)
        guard key.id.description == fields[0] else { throw malformed("names an id that is not its key's") }
        return key
    }

    private static func unreadable(_ code: Int32) -> SealingError {
        let reason = unsafe strerror(code).map { unsafe String(cString: $0) } ?? "error \(code)"
        return SealingError(.unreadableKeyFile, "the key file cannot be read: \(reason)")
    }
}

extension Array where Element == UInt8 {
    /// Overwrites the bytes in a way the optimiser keeps.
    mutating func zero() {
        let count = count
        unsafe withUnsafeMutableBytes { unsafe sodium_memzero($0.baseAddress, count) }
    }
}

extension Substring {
    /// Without the blanks and carriage returns at either end.
    var trimmingSpaces: Substring {
        let isBlank: (Character) -> Bool = { $0 == " " || $0 == "\t" || $0 == "\r" }
        var trimmed = drop(while: isBlank)
        while let last = trimmed.last, isBlank(last) { trimmed.removeLast() }
        return trimmed
    }
}
