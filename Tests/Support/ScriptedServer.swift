import Glibc
import TestSupport

/// A server on the loopback that does what a test wants, right or wrong: a thread for each connection, and the moves of
/// a script for each request.
final class ScriptedServer: Sendable {
    enum Move: Sendable {
        /// Sends bytes.
        case send(String)
        /// Does nothing more until the server is stopped.
        case hang
        /// Closes the connection.
        case close
    }

    private struct State: Sendable {
        var requests: [String] = []
        var connections: [Int32] = []
        var opened = 0
    }

    let port: UInt16
    private let listener: Int32
    private let state = SharedBox(State())
    private let script: @Sendable (_ request: String, _ number: Int) -> [Move]

    /// Listens; `script` is given each request, head and body, and its number from 0.
    init(_ script: @escaping @Sendable (_ request: String, _ number: Int) -> [Move]) {
        self.script = script
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let listener = listener
        unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { name in
                precondition(unsafe bind(listener, name, size) == 0)
                precondition(unsafe getsockname(listener, name, &size) == 0)
            }
        }
        precondition(listen(listener, 16) == 0)
        port = UInt16(bigEndian: address.sin_port)
    }

    var url: String { "http://127.0.0.1:\(port)" }
    /// Every request so far.
    var requests: [String] { state.withLock { $0.requests } }
    /// How many connections were made.
    var connections: Int { state.withLock { $0.opened } }

    /// Serves while `body` runs.
    static func with<R>(
        _ script: @escaping @Sendable (_ request: String, _ number: Int) -> [Move], _ body: (ScriptedServer) throws -> R
    ) rethrows -> R {
        let server = ScriptedServer(script)
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
    static func answer(_ status: String, _ body: String = "", _ headers: String...) -> Move {
        let lines = headers.map { $0 + "\r\n" }.joined()
        return .send("HTTP/1.1 \(status)\r\ncontent-length: \(body.utf8.count)\r\n\(lines)\r\n\(body)")
    }
}
