import Synchronization

@testable import HTTP

/// A server that notes every request its handler sees, and answers with `respond`.
final class RecordingServer: Sendable {
    private let seen: Seen
    let server: HTTPServer
    var port: UInt16 { server.port }
    var requests: [HTTPRequest] { seen.all.withLock { $0 } }

    private final class Seen: Sendable {
        let all = Mutex<[HTTPRequest]>([])
    }

    init(
        address: String = "127.0.0.1", limits: HTTPLimits = HTTPLimits(),
        respond: @escaping @Sendable (HTTPRequest) -> HTTPResponse = { _ in .text("hello") }
    ) throws {
        let seen = Seen()
        self.seen = seen
        server = try HTTPServer(address: address, port: 0, limits: limits) { request in
            seen.all.withLock { $0.append(request) }
            return respond(request)
        }
    }

    deinit { server.stop() }
}
