import Foundation
import Glibc

/// The thread of a ``TCPProxy``: waits for sockets and passes on what may pass.
struct TCPProxyLoop {
    /// One direction of a connection.
    private struct Pipe {
        let source: Int32
        let target: Int32
        /// What was read and is not passed on, with the time from which it may be.
        var pending: [(due: ContinuousClock.Instant, bytes: ArraySlice<UInt8>)] = []
        var held = 0
        /// Nothing more comes.
        var isEnded = false
    }

    private struct Connection {
        var up: Pipe
        var down: Pipe
        /// How many bytes may pass yet.
        var budget: Int?
        var hasLost = false
        var isBroken = false
        var sockets: [Int32] { [up.source, down.source] }
    }

    /// A GNU extension, which Swift does not see. With `accept` and `fcntl` there is a moment in which a server that is
    /// started again inherits the connection.
    private static let accept4 = unsafe unsafeBitCast(
        dlsym(nil, "accept4"),
        to: (@convention(c) (Int32, UnsafeMutableRawPointer?, UnsafeMutableRawPointer?, Int32) -> Int32).self)

    /// Bytes that are held of one direction before its source has to wait.
    private static let limit = 1 << 20

    private let listener: Int32
    private let target: (name: String, port: UInt16)
    private let state: SharedBox<TCPProxy.State>
    private var connections: [Connection] = []
    private var fault = TCPProxy.Fault.none
    private var buffer = [UInt8](repeating: 0, count: 65_536)

    init(listener: Int32, target: (name: String, port: UInt16), state: SharedBox<TCPProxy.State>) {
        (self.listener, self.target, self.state) = (listener, target, state)
    }

    mutating func run() {
        while obey() { turn() }
        Glibc.close(listener)
        for index in connections.indices { connections[index].isBroken = true }
        sweep()
    }

    /// Takes over what was asked for. Returns whether to go on.
    private mutating func obey() -> Bool {
        let (wanted, number, isOver) = state.withLock { ($0.fault, $0.wanted, $0.isOver) }
        guard state.withLock({ $0.seen }) != number else { return !isOver }
        if fault == .swallowing, wanted != .swallowing {
            for index in connections.indices where connections[index].hasLost { end(index) }
            sweep()
        }
        fault = wanted
        for index in connections.indices { connections[index].budget = budget }
        state.withLock { $0.seen = number }
        return !isOver
    }

    private var budget: Int? { if case .cutting(let bytes) = fault { bytes } else { nil } }

    private var delay: Duration {
        if case .delayed(let milliseconds) = fault { .milliseconds(milliseconds) } else { .zero }
    }

    /// Waits for something to do and does it.
    private mutating func turn() {
        var entries = [pollfd(fd: listener, events: Int16(POLLIN), revents: 0)]
        let now = ContinuousClock.now
        for connection in connections {
            for (pipe, isDown) in [(connection.up, false), (connection.down, true)] {
                let source = wantsToRead(pipe, isDown) ? pipe.source : -1
                entries.append(pollfd(fd: source, events: Int16(POLLIN), revents: 0))
                let isDue = pipe.pending.first.map { $0.due <= now } ?? false
                entries.append(pollfd(fd: isDue ? pipe.target : -1, events: Int16(POLLOUT), revents: 0))
            }
        }
        let held = connections.contains { $0.up.held + $0.down.held > 0 }
        guard unsafe poll(&entries, nfds_t(entries.count), held ? 2 : 10) >= 0 else { return }
        for index in connections.indices {
            for isDown in [false, true] {
                let place = 1 + index * 4 + (isDown ? 2 : 0)
                if entries[place].revents != 0 { read(index, isDown) }
                flush(index, isDown)
            }
            let isIdle = connections[index].up.held + connections[index].down.held == 0
            if isIdle, connections[index].up.isEnded || connections[index].down.isEnded {
                connections[index].isBroken = true
            }
        }
        sweep()
        if entries[0].revents != 0 { accept() }
    }

    private func wantsToRead(_ pipe: Pipe, _ isDown: Bool) -> Bool {
        guard !pipe.isEnded, pipe.held < Self.limit else { return false }
        return fault != .frozen && !(fault == .halfOpen && isDown)
    }

    private mutating func read(_ index: Int, _ isDown: Bool) {
        let source = isDown ? connections[index].down.source : connections[index].up.source
        let count = unsafe recv(source, &buffer, buffer.count, Int32(MSG_DONTWAIT))
        guard count > 0 else {
            guard count == 0 || (errno != EAGAIN && errno != EINTR) else { return }
            if isDown { connections[index].down.isEnded = true } else { connections[index].up.isEnded = true }
            return
        }
        if fault == .swallowing {
            connections[index].hasLost = true
            return state.withLock { $0.counts.swallowed += count }
        }
        var passing = count
        if let budget = connections[index].budget {
            passing = min(budget, count)
            connections[index].budget = budget - passing
        }
        if delay > .zero { state.withLock { $0.counts.delayed += count } }
        let item = (due: ContinuousClock.now + delay, bytes: buffer[..<passing])
        if isDown {
            connections[index].down.pending.append(item)
            connections[index].down.held += passing
        } else {
            connections[index].up.pending.append(item)
            connections[index].up.held += passing
        }
        if passing < count || connections[index].budget == 0 {
            flush(index, isDown)
            end(index)
        }
    }

    private mutating func flush(_ index: Int, _ isDown: Bool) {
        var pipe = isDown ? connections[index].down : connections[index].up
        let now = ContinuousClock.now
        while let item = pipe.pending.first, item.due <= now, !connections[index].isBroken {
            let sent = unsafe item.bytes.withUnsafeBytes { bytes in
                unsafe send(
                    pipe.target, bytes.baseAddress, bytes.count,
                    Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
            }
            guard sent >= 0 else {
                if errno != EAGAIN, errno != EINTR { connections[index].isBroken = true }
                break
            }
            pipe.held -= sent
            if sent == item.bytes.count {
                pipe.pending.removeFirst()
            } else {
                pipe.pending[0].bytes = item.bytes.dropFirst(sent)
            }
        }
        if isDown { connections[index].down = pipe } else { connections[index].up = pipe }
    }

    /// Cuts a connection because of a fault.
    private mutating func end(_ index: Int) {
        guard !connections[index].isBroken else { return }
        connections[index].isBroken = true
        state.withLock { $0.counts.ended += 1 }
    }

    private mutating func sweep() {
        let broken = connections.filter(\.isBroken).flatMap(\.sockets)
        guard !broken.isEmpty else { return }
        connections.removeAll(where: \.isBroken)
        // Forgotten first: a number that is free again is somebody else's.
        state.withLock { $0.sockets.subtract(broken) }
        for socket in broken { Glibc.close(socket) }
    }

    private mutating func accept() {
        let client = Self.accept4(listener, nil, nil, Int32(SOCK_CLOEXEC.rawValue))
        guard client >= 0 else { return }
        let server = fault == .refusing ? -1 : connect()
        state.withLock { state in
            state.counts.accepted += 1
            if fault == .refusing { state.counts.ended += 1 }
            if server >= 0 { state.sockets.formUnion([client, server]) }
        }
        guard server >= 0 else {
            Glibc.close(client)
            return
        }
        for socket in [client, server] {
            var yes: Int32 = 1
            unsafe setsockopt(socket, Int32(IPPROTO_TCP), TCP_NODELAY, &yes, socklen_t(MemoryLayout<Int32>.size))
        }
        connections.append(
            Connection(
                up: Pipe(source: client, target: server), down: Pipe(source: server, target: client), budget: budget))
    }

    private func connect() -> Int32 {
        var hints = unsafe addrinfo()
        unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>? = nil
        guard unsafe getaddrinfo(target.name, "\(target.port)", &hints, &found) == 0, let entry = unsafe found else {
            return -1
        }
        defer { unsafe freeaddrinfo(found) }
        let server = unsafe socket(
            entry.pointee.ai_family, entry.pointee.ai_socktype | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard unsafe Glibc.connect(server, entry.pointee.ai_addr, entry.pointee.ai_addrlen) == 0 else {
            Glibc.close(server)
            return -1
        }
        return server
    }
}
