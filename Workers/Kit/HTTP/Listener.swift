import Glibc

/// A listening socket, closed when dropped unless it was handed over.
struct Listener: ~Copyable {
    private let descriptor: Int32
    /// The port in use, also when any was asked for.
    let port: UInt16

    /// Listens on an IPv4 or IPv6 literal, in brackets or not, with a zone or not.
    init(address: String, port: UInt16, backlog: Int32 = 128) throws(HTTPError) {
        let literal =
            address.hasPrefix("[") && address.hasSuffix("]") ? String(address.dropFirst().dropLast()) : address
        var hints = unsafe addrinfo()
        unsafe hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE
        unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        guard unsafe getaddrinfo(literal, String(port), &hints, &list) == 0, let found = unsafe list else {
            throw HTTPError(.malformedAddress, "an address to listen on is an IPv4 or IPv6 literal")
        }
        defer { unsafe freeaddrinfo(found) }

        let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        let descriptor = unsafe socket(found.pointee.ai_family, kind, 0)
        guard descriptor >= 0 else { throw HTTPError(errno: errno, "no socket to listen on port \(port)") }
        do throws(HTTPError) {
            // A restarted process must not wait for the old one's connections to leave TIME_WAIT.
            Self.enable(SO_REUSEADDR, level: SOL_SOCKET, on: descriptor)
            guard unsafe bind(descriptor, found.pointee.ai_addr, found.pointee.ai_addrlen) == 0,
                listen(descriptor, backlog) == 0
            else { throw HTTPError(errno: errno, "cannot listen on port \(port)") }
            self.port = try Self.port(of: descriptor)
            self.descriptor = descriptor
        } catch {
            Self.close(descriptor)
            throw error
        }
    }

    deinit { Self.close(descriptor) }

    /// Gives the descriptor away; the receiver closes it.
    consuming func handOver() -> Int32 {
        let descriptor = descriptor
        discard self
        return descriptor
    }

    /// Closes a descriptor that was handed over and not wanted.
    static func close(_ descriptor: Int32) { _ = Glibc.close(descriptor) }

    private static func enable(_ option: Int32, level: Int32, on descriptor: Int32) {
        var on: Int32 = 1
        _ = unsafe setsockopt(descriptor, level, option, &on, socklen_t(MemoryLayout<Int32>.size))
    }

    private static func port(of descriptor: Int32) throws(HTTPError) -> UInt16 {
        var storage = sockaddr_storage()
        var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let status = unsafe withUnsafeMutablePointer(to: &storage) { storage in
            unsafe storage.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe getsockname(descriptor, $0, &size)
            }
        }
        guard status == 0 else { throw HTTPError(errno: errno, "no name for the listening socket") }
        // The port lies at the same place in both families, in network order.
        return unsafe withUnsafeBytes(of: &storage) {
            UInt16(bigEndian: unsafe $0.load(fromByteOffset: 2, as: UInt16.self))
        }
    }
}
