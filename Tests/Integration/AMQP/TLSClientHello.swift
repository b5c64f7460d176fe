import Glibc
import Synchronization
import TestSupport

/// Listens once, keeps what the first client says first, and hangs up.
final class HelloListener: Sendable {
    let port: UInt16
    private let listener: Int32
    private let said = SharedBox<[UInt8]>([])
    private let thread: TestThread

    init() {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = unsafe inet_addr("127.0.0.1")
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        port = unsafe withUnsafeMutableBytes(of: &address) { bytes -> UInt16 in
            let pointer = unsafe bytes.assumingMemoryBound(to: sockaddr.self).baseAddress!
            unsafe bind(listener, pointer, size)
            unsafe getsockname(listener, pointer, &size)
            return unsafe UInt16(bigEndian: bytes.load(fromByteOffset: 2, as: UInt16.self))
        }
        listen(listener, 1)
        self.listener = listener
        thread = TestThread { [said] in
            let client = accept(listener, nil, nil)
            let bytes = Self.record(from: client)
            said.withLock { $0 = bytes }
            close(client)
        }
    }

    /// What was said. Waits for the client; once.
    func hello() throws -> ClientHello {
        thread.join()
        close(listener)
        guard let hello = ClientHello(record: said.withLock { $0 }) else { throw TestFailure("not a ClientHello") }
        return hello
    }

    /// One TLS record: five bytes, the last two of which are its length, and the rest.
    private static func record(from client: Int32) -> [UInt8] {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while bytes.count < 5 || bytes.count < 5 + Int(bytes[3]) << 8 + Int(bytes[4]) {
            let count = unsafe recv(client, &buffer, buffer.count, 0)
            guard count > 0 else { break }
            bytes += buffer[..<count]
        }
        return bytes
    }
}

/// What a TLS client offers (RFC 8446, section 4.1.2).
struct ClientHello {
    /// `server_name`: the host that the client wants to speak to.
    private(set) var serverName: String?
    /// `supported_versions`: 0x0303 is TLS 1.2, 0x0304 TLS 1.3.
    private(set) var versions: Set<UInt16> = []

    init?(record: [UInt8]) {
        var rest = record[...]
        guard Self.take(1, &rest) == 22, Self.take(2, &rest) != nil, Self.take(2, &rest) != nil,
            Self.take(1, &rest) == 1, Self.take(3, &rest) != nil
        else { return nil }
        rest = rest.dropFirst(34)  // version and random
        for width in [1, 2, 1] {  // session, cipher suites, compression
            guard let count = Self.take(width, &rest) else { return nil }
            rest = rest.dropFirst(count)
        }
        guard Self.take(2, &rest) != nil else { return nil }
        while let kind = Self.take(2, &rest), let count = Self.take(2, &rest) {
            read(kind, Array(rest.prefix(count)))
            rest = rest.dropFirst(count)
        }
    }

    private mutating func read(_ kind: Int, _ body: [UInt8]) {
        switch kind {
        case 0: serverName = String(validating: body.dropFirst(5), as: UTF8.self)
        case 43:
            var rest = body.dropFirst()
            while let version = Self.take(2, &rest) { versions.insert(UInt16(version)) }
        default: break
        }
    }

    private static func take(_ width: Int, _ rest: inout ArraySlice<UInt8>) -> Int? {
        guard rest.count >= width else { return nil }
        defer { rest = rest.dropFirst(width) }
        return rest.prefix(width).reduce(0) { $0 << 8 | Int($1) }
    }
}
