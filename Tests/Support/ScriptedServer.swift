import Glibc

/// A server on the loopback, or on a Unix socket, that does what a test wants, right or wrong: a thread for each
/// connection, and the moves of a script for each request.
package final class ScriptedServer: Sendable {
    /// What it does after a request.
    package enum Move: Sendable {
        /// Sends bytes.
        case send(String)
        /// Does nothing more until the server is stopped.
        case hang
        /// Closes the connection.
        case close
    }

    private struct State: Sendable {
        package var requests: [String] = []
        var connections: [Int32] = []
        var opened = 0
    }

    /// Its port; 0 when it is on a Unix socket.
    package let port: UInt16
    private let listener: Int32
    private let state = SharedBox(State())
    private let script: @Sendable (_ request: String, _ number: Int) -> [Move]

    /// Listens; `script` is given each request, head and body, and its number from 0.
    ///
    /// - Parameter path: where the socket is, which must not be there yet; `nil` for a port of the loopback.
    init(at path: String?, _ script: @escaping @Sendable (_ request: String, _ number: Int) -> [Move]) {
        self.script = script
        let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        if let path {
            listener = socket(AF_UNIX, type, 0)
            port = 0
            Self.bind(listener, path)
        } else {
            listener = socket(AF_INET, type, 0)
            port = Self.bind(listener)
        }
        precondition(listen(listener, 16) == 0)
    }

    private static func bind(_ listener: Int32, _ path: String) {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        precondition(bytes.count < 108)
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: bytes) }
        let size = socklen_t(MemoryLayout<sockaddr_un>.size)
        unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { name in
                precondition(unsafe Glibc.bind(listener, name, size) == 0)
            }
        }
    }

    private static func bind(_ listener: Int32) -> UInt16 {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { name in
                precondition(unsafe Glibc.bind(listener, name, size) == 0)
                precondition(unsafe getsockname(listener, name, &size) == 0)
            }
        }
        return UInt16(bigEndian: address.sin_port)
    }

    /// Where it is, on the loopback.
    package var url: String { "http://127.0.0.1:\(port)" }
    /// Every request so far.
    package var requests: [String] { state.withLock { $0.requests } }
    /// How many connections were made.
    package var connections: Int { state.withLock { $0.opened } }

    /// Serves while `body` runs.
    package static func with<R>(
        at path: String? = nil, _ script: @escaping @Sendable (_ request: String, _ number: Int) -> [Move],
        _ body: (ScriptedServer) throws -> R
    ) rethrows -> R {
        let server = ScriptedServer(at: path, script)
        let thread = TestThread { server.accept() }
        defer {
            server.stop()
            thread.join()
        }
        return try body(server)
    }

    private func accept() {
        var threads: [TestThread] = []
        while true {
            let descriptor = Glibc.accept(listener, nil, nil)
            guard descriptor >= 0 else { break }
            state.withLock {
                $0.connections.append(descriptor)
                $0.opened += 1
            }
            threads.append(TestThread { [self] in serve(descriptor) })
        }
        for thread in threads { thread.join() }
    }

    private func stop() {
        _ = shutdown(listener, Int32(SHUT_RDWR))
        state.withLock { for descriptor in $0.connections { _ = shutdown(descriptor, Int32(SHUT_RDWR)) } }
        close(listener)
    }

    private func serve(_ descriptor: Int32) {
        while let request = Self.read(descriptor) {
            let number = state.withLock {
                $0.requests.append(request)
                return $0.requests.count - 1
            }
            for move in script(request, number) {
                switch move {
                case .send(let text):
                    let bytes = Array(text.utf8)
                    _ = unsafe bytes.withUnsafeBytes {
                        unsafe Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
                    }
                case .hang:
                    var byte: UInt8 = 0
                    while unsafe recv(descriptor, &byte, 1, 0) > 0 {}
                    return finish(descriptor)
                case .close: return finish(descriptor)
                }
            }
        }
        finish(descriptor)
    }

    private func finish(_ descriptor: Int32) {
        state.withLock { state in
            state.connections.removeAll { $0 == descriptor }
            close(descriptor)
        }
    }

    /// One request with the body that its length announces.
    private static func read(_ descriptor: Int32) -> String? {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let text = String(decoding: bytes, as: UTF8.self)
            if let head = text.firstRange(of: "\r\n\r\n") {
                let length = text.lowercased().firstMatch(of: /content-length: (\d+)/).flatMap { Int($0.output.1) } ?? 0
                if bytes.count - text[..<head.upperBound].utf8.count >= length { return text }
            }
            let count = unsafe buffer.withUnsafeMutableBytes { unsafe recv(descriptor, $0.baseAddress, $0.count, 0) }
            guard count > 0 else { return nil }
            bytes += buffer[..<count]
        }
    }

    /// An answer with its length.
    package static func answer(_ status: String, _ body: String = "", _ headers: String...) -> Move {
        let lines = headers.map { $0 + "\r\n" }.joined()
        return .send("HTTP/1.1 \(status)\r\ncontent-length: \(body.utf8.count)\r\n\(lines)\r\n\(body)")
    }
}
