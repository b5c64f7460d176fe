import AMQP
import Foundation
import Glibc
import Synchronization

/// A TCP proxy in front of the broker that can cut its connections, or freeze them half-open.
final class AMQPProxy: Sendable {
    private struct State {
        var pairs: [(client: Int32, server: Int32)] = []
        var isFrozen = false
        /// What the thread goes by.
        var standsFrozen = false
        var isRefusing = false
        var isOver = false
        var accepted = 0
    }

    private let listener: Int32
    private let target: AMQPURI.Host
    private let state = Mutex(State())
    /// The broker's URI with the proxy's address.
    let uri: AMQPURI

    init(_ uri: AMQPURI) throws {
        target = uri.hosts[0]
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = unsafe inet_addr("127.0.0.1")
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = listener
        let port = unsafe withUnsafeMutableBytes(of: &address) { bytes -> UInt16 in
            let pointer = unsafe bytes.assumingMemoryBound(to: sockaddr.self).baseAddress!
            unsafe bind(descriptor, pointer, size)
            unsafe getsockname(descriptor, pointer, &size)
            return unsafe UInt16(bigEndian: bytes.load(fromByteOffset: 2, as: UInt16.self))
        }
        listen(listener, 16)
        var proxied = uri
        proxied.hosts = [AMQPURI.Host(name: "127.0.0.1", port: port)]
        self.uri = proxied
        Thread.detachNewThread { self.run() }
    }

    /// How many connections were made.
    var accepted: Int { state.withLock { $0.accepted } }

    /// Cuts every connection; new ones are accepted.
    func cut() {
        state.withLock { state in
            for pair in state.pairs {
                shutdown(pair.client, Int32(SHUT_RDWR))
                shutdown(pair.server, Int32(SHUT_RDWR))
            }
        }
    }

    /// Keeps the connections open and forwards nothing any more, as a dead peer behind a live network does. It
    /// holds when this returns.
    func freeze(_ isFrozen: Bool) {
        state.withLock { $0.isFrozen = isFrozen }
        while state.withLock({ $0.standsFrozen != isFrozen && !$0.isOver }) { usleep(1000) }
    }

    /// Hangs up on new connections.
    func refuse(_ isRefusing: Bool) { state.withLock { $0.isRefusing = isRefusing } }

    func close() {
        state.withLock { $0.isOver = true }
        cut()
    }

    private func run() {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let now = state.withLock { state in
                state.standsFrozen = state.isFrozen
                return state
            }
            if now.isOver { break }
            var entries = [pollfd(fd: listener, events: Int16(POLLIN), revents: 0)]
            if !now.isFrozen {
                for pair in now.pairs {
                    entries.append(pollfd(fd: pair.client, events: Int16(POLLIN), revents: 0))
                    entries.append(pollfd(fd: pair.server, events: Int16(POLLIN), revents: 0))
                }
            }
            guard unsafe poll(&entries, nfds_t(entries.count), 10) > 0 else { continue }
            if entries[0].revents != 0 { accept() }
            var ended: [Int32] = []
            for (index, entry) in entries.enumerated().dropFirst() where entry.revents != 0 {
                let pair = now.pairs[(index - 1) / 2]
                let peer = entry.fd == pair.client ? pair.server : pair.client
                if !forward(entry.fd, to: peer, &buffer) { ended.append(pair.client) }
            }
            remove(ended)
        }
        Glibc.close(listener)
        remove(state.withLock { $0.pairs.map(\.client) })
    }

    private func accept() {
        let client = Glibc.accept(listener, nil, nil)
        guard client >= 0 else { return }
        let mustRefuse = state.withLock { state in
            state.accepted += 1
            return state.isRefusing
        }
        let server = mustRefuse ? -1 : connect()
        guard server >= 0 else {
            Glibc.close(client)
            return
        }
        state.withLock { $0.pairs.append((client, server)) }
    }

    private func connect() -> Int32 {
        var hints = unsafe addrinfo()
        unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>? = nil
        guard unsafe getaddrinfo(target.name, "\(target.port)", &hints, &found) == 0, let entry = unsafe found else {
            return -1
        }
        defer { unsafe freeaddrinfo(found) }
        let server = unsafe socket(entry.pointee.ai_family, entry.pointee.ai_socktype, 0)
        return unsafe Glibc.connect(server, entry.pointee.ai_addr, entry.pointee.ai_addrlen) == 0 ? server : -1
    }

    private func forward(_ source: Int32, to target: Int32, _ buffer: inout [UInt8]) -> Bool {
        let count = unsafe recv(source, &buffer, buffer.count, 0)
        guard count > 0 else { return false }
        var sent = 0
        while sent < count {
            let step = unsafe buffer.withUnsafeBytes { bytes in
                unsafe send(target, bytes.baseAddress! + sent, count - sent, Int32(MSG_NOSIGNAL))
            }
            guard step > 0 else { return false }
            sent += step
        }
        return true
    }

    private func remove(_ clients: [Int32]) {
        for client in Set(clients) {
            let pair = state.withLock { state in
                state.pairs.firstIndex { $0.client == client }.map { state.pairs.remove(at: $0) }
            }
            guard let pair else { continue }
            Glibc.close(pair.client)
            Glibc.close(pair.server)
        }
    }
}
