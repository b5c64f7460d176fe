import Synchronization
import Testing

@testable import HTTP

@Suite("Listening and stopping")
struct ListeningTests {
    private static let request = "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"

    @Test("IPv6 literals are taken, in brackets or not", arguments: ["::1", "[::1]"])
    func ipv6(address: String) throws {
        let server = try RecordingServer(address: address)
        let client = try RawClient(port: server.port, isIPv6: true)
        client.send(Self.request)
        #expect(try client.readToEnd().hasSuffix("hello"))
    }

    @Test("The unspecified IPv6 address takes both families")
    func dualStack() throws {
        let server = try RecordingServer(address: "::")
        for isIPv6 in [false, true] {
            let client = try RawClient(port: server.port, isIPv6: isIPv6)
            client.send(Self.request)
            #expect(try client.readToEnd().hasSuffix("hello"))
        }
    }

    @Test("An address that is no literal is refused", arguments: ["localhost", "", "300.1.1.1", "[::1", "::g"])
    func malformed(address: String) { #expect(code { try RecordingServer(address: address) } == .malformedAddress) }

    @Test("An address of another machine and a port in use are told apart")
    func refused() throws {
        #expect(code { try RecordingServer(address: "192.0.2.1") } == .addressNotAvailable)
        let server = try RecordingServer()
        #expect(code { try HTTPServer(port: server.port) { _ in .text("") } } == .addressInUse)
    }

    @Test("A stopped server frees its port and closes what is open; stopping twice is once")
    func stop() throws {
        let server = try RecordingServer()
        let client = try RawClient(port: server.port)
        client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        _ = try client.read(until: "hello")
        server.server.stop()
        server.server.stop()
        #expect(try client.readToEnd().isEmpty)
        let next = try HTTPServer(port: server.port) { _ in .text("next") }
        next.stop()
    }

    @Test("A dropped server has released its handler")
    func release() throws {
        final class Token: Sendable {}
        weak var weakToken: Token?
        do {
            let token = Token()
            weakToken = token
            let server = try HTTPServer(port: 0) { [token] _ in
                withExtendedLifetime(token) {}
                return .text("")
            }
            _ = try answer(to: Self.request, port: server.port)
        }
        #expect(weakToken == nil)
    }

    private func code<T>(_ body: () throws -> T) -> HTTPError.Code? {
        do {
            _ = try body()
            return nil
        } catch { return (error as? HTTPError)?.code }
    }
}
