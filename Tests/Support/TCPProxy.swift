package import AMQP
import Foundation
import Glibc

/// A TCP proxy in front of a server, which does to its connections what networks and dying hosts do.
///
/// One thread of its own; it never blocks, whoever stops reading.
package final class TCPProxy: Sendable {
    /// What happens to connections. Only ``none`` and ``delayed(milliseconds:)`` keep them whole.
    package enum Fault: Sendable, Equatable {
        case none
        /// Everything comes, so much later.
        case delayed(milliseconds: Int)
        /// Connections are open and nothing comes any more, as from a dead peer behind a live network. Nothing is lost:
        /// healed, they go on.
        case frozen
        /// What clients send comes; nothing that the server sends does. Healed, connections go on.
        case halfOpen
        /// What comes is thrown away. Healed, connections that lost something are cut: TCP never loses a part.
        case swallowing
        /// Each connection is cut after that many more bytes of both directions, wherever that is in a message.
        case cutting(afterBytes: Int)
        /// New connections are hung up on; those that are there stay.
        case refusing
    }

    /// What has happened so far.
    package struct Counts: Sendable {
        /// Connections that were asked for.
        package var accepted = 0
        /// Connections that were cut or hung up on by a fault.
        package var ended = 0
        /// Bytes that were thrown away.
        package var swallowed = 0
        /// Bytes that were passed on later than they came.
        package var delayed = 0
    }

    struct State {
        var fault = Fault.none
        /// Counts the changes of `fault`; the thread says which one it has seen.
        var wanted = 0
        var seen = 0
        var isOver = false
        var counts = Counts()
        /// Both ends of every connection.
        var sockets: Set<Int32> = []
    }

    /// Where clients find it.
    package let port: UInt16
    /// The broker's URI with this proxy's address.
    package let uri: AMQPURI
    private let listener: Int32
    private let target: (name: String, port: UInt16)
    private let state = SharedBox(State())

    /// A proxy on a free port of this host, in front of a broker.
    package init(_ broker: AMQPURI) throws {
        let target = (name: broker.hosts[0].name, port: broker.hosts[0].port)
        self.target = target
        // Servers that a test starts again must not inherit it, nor its connections: those would outlive their end.
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = unsafe inet_addr("127.0.0.1")
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = listener
        port = unsafe withUnsafeMutableBytes(of: &address) { bytes -> UInt16 in
            let pointer = unsafe bytes.assumingMemoryBound(to: sockaddr.self).baseAddress!
            unsafe bind(descriptor, pointer, size)
            unsafe getsockname(descriptor, pointer, &size)
            return unsafe UInt16(bigEndian: bytes.load(fromByteOffset: 2, as: UInt16.self))
        }
        var proxied = broker
        proxied.hosts = [AMQPURI.Host(name: "127.0.0.1", port: port)]
        uri = proxied
        guard listen(listener, 64) == 0 else { throw TestFailure("a proxy cannot listen: errno \(errno)") }
        Thread.detachNewThread { [state, listener, target] in
            var loop = TCPProxyLoop(listener: listener, target: target, state: state)
            loop.run()
        }
    }

    deinit { close() }

    /// A proxy in front of the server of a URL, whatever it speaks.
    package convenience init(url: String) throws {
        guard let parts = URLComponents(string: url), let host = parts.host, let port = parts.port else {
            throw TestFailure("no host and port in a URL")
        }
        try self.init(AMQPURI(parsing: "amqp://\(host):\(port)/"))
    }

    /// The same URL with this proxy's address.
    package func url(_ url: String) throws -> String {
        guard var parts = URLComponents(string: url) else { throw TestFailure("not a URL") }
        parts.host = "127.0.0.1"
        parts.port = Int(port)
        return parts.string!
    }

    /// What has happened so far.
    package var counts: Counts { state.withLock { $0.counts } }

    /// How many connections are open.
    package var open: Int { state.withLock { $0.sockets.count / 2 } }

    /// Replaces the fault that there was; it holds when this returns.
    package func inflict(_ fault: Fault) {
        let number = state.withLock { state in
            state.fault = fault
            state.wanted += 1
            return state.wanted
        }
        while state.withLock({ $0.seen < number && !$0.isOver }) { usleep(1000) }
    }

    /// Ends the fault.
    package func heal() { inflict(.none) }

    /// Cuts every connection; new ones are accepted.
    package func cut() {
        state.withLock { state in
            for socket in state.sockets { shutdown(socket, Int32(SHUT_RDWR)) }
            state.counts.ended += state.sockets.count / 2
        }
    }

    /// Ends it with its connections.
    package func close() {
        state.withLock { $0.isOver = true }
        cut()
    }
}
