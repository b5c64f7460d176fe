import Glibc

/// A client that sends exactly the bytes it is told to, which no HTTP library would.
struct RawClient: ~Copyable {
    private let descriptor: Int32

    struct Failure: Error { let doing: String }

    /// Connects to a port of the loopback, over IPv4 or IPv6.
    init(port: UInt16, isIPv6: Bool = false) throws {
        descriptor = socket(isIPv6 ? AF_INET6 : AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        // No test waits longer than this, whatever the server does.
        var patience = timeval(tv_sec: 10, tv_usec: 0)
        _ = unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        let status: Int32
        if isIPv6 {
            var address = sockaddr_in6()
            address.sin6_family = sa_family_t(AF_INET6)
            address.sin6_port = port.bigEndian
            address.sin6_addr = in6addr_loopback
            status = Self.connect(descriptor, &address)
        } else {
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = port.bigEndian
            address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
            status = Self.connect(descriptor, &address)
        }
        guard status == 0 else { throw Failure(doing: "connect: \(errno)") }
    }

    deinit { close(descriptor) }

    private static func connect<Address>(_ descriptor: Int32, _ address: inout Address) -> Int32 {
        let size = socklen_t(MemoryLayout<Address>.size)
        return unsafe withUnsafePointer(to: &address) { address in
            unsafe address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe Glibc.connect(descriptor, $0, size)
            }
        }
    }

    /// Sends all bytes; stops in silence when the server has closed, as it may before a refused body has ended.
    borrowing func send(_ bytes: [UInt8]) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = unsafe rest.withUnsafeBytes {
                unsafe Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }

    borrowing func send(_ text: String) { send(Array(text.utf8)) }

    /// Reads until the server closes; throws when it has not after ten seconds.
    borrowing func readToEnd() throws -> String {
        var all: [UInt8] = []
        while let piece = try piece() { all += piece }
        return String(decoding: all, as: UTF8.self)
    }

    /// Reads until the text ends with `ending`, or the server closes.
    borrowing func read(until ending: String) throws -> String {
        var all = ""
        while !all.hasSuffix(ending), let piece = try piece() { all += String(decoding: piece, as: UTF8.self) }
        return all
    }

    private borrowing func piece() throws -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = unsafe buffer.withUnsafeMutableBytes { unsafe recv(descriptor, $0.baseAddress, $0.count, 0) }
        // A reset is an end too: the server closed while bytes of ours were unread.
        if count == 0 || (count < 0 && errno == ECONNRESET) { return nil }
        guard count > 0 else { throw Failure(doing: "receive: \(errno)") }
        return Array(buffer[..<count])
    }
}

/// What one connection got for some bytes, everything until it was closed.
func answer(to text: String, port: UInt16) throws -> String {
    let client = try RawClient(port: port)
    client.send(text)
    return try client.readToEnd()
}
