import Synchronization
import Testing

@testable import HTTP

@Suite("The HTTP server")
struct ServerTests {
    @Test("A handler sees method, path, query, headers and body, and its answer arrives whole")
    func wholeRequest() throws {
        let server = try RecordingServer { request in
            HTTPResponse(status: 201, headers: ["X-Echo": "yes"], body: request.body.reversed())
        }
        let text = try answer(
            to: "POST /a%20b/%C3%A9?x=1&y=a+b%21 HTTP/1.1\r\nHost: h\r\nX-One: 1\r\nx-one: 2\r\n"
                + "Content-Length: 3\r\nConnection: close\r\n\r\nabc", port: server.port)
        #expect(text.hasPrefix("HTTP/1.1 201 Created\r\n"))
        #expect(text.contains("\r\nX-Echo: yes\r\n") && text.contains("\r\nContent-Length: 3\r\n"))
        #expect(text.hasSuffix("\r\n\r\ncba"))
        let request = try #require(server.requests.first)
        #expect(request.method == .post && request.path == "/a b/é" && request.query == "x=1&y=a+b%21")
        #expect(request.parameter("y") == "a b!" && request.parameter("z") == nil)
        #expect(request.headers.values(of: "X-ONE") == ["1", "2"])
    }

    @Test("One connection serves many requests, also when they arrive together")
    func keepAlive() throws {
        let server = try RecordingServer { .text($0.path) }
        let text = try answer(
            to: "GET /1 HTTP/1.1\r\nHost: h\r\n\r\nPOST /2 HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
                + "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\nGET /3 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
            port: server.port)
        #expect(server.requests.map(\.path) == ["/1", "/2", "/3"])
        #expect(server.requests.map(\.body) == [[], Array("abcde".utf8), []])
        #expect(text.components(of: "HTTP/1.1 200 OK") == 3)
    }

    @Test("HEAD gets the length and no body")
    func head() throws {
        let server = try RecordingServer()
        let text = try answer(to: "HEAD / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", port: server.port)
        #expect(text.contains("Content-Length: 5\r\n") && text.hasSuffix("\r\n\r\n"))
    }

    @Test("An absolute target and an asterisk are understood")
    func targets() throws {
        let server = try RecordingServer()
        for line in ["GET http://h:1/p?q HTTP/1.1", "GET http://h HTTP/1.1", "OPTIONS * HTTP/1.1"] {
            _ = try answer(to: "\(line)\r\nHost: h\r\nConnection: close\r\n\r\n", port: server.port)
        }
        #expect(server.requests.map(\.path) == ["/p", "/", "*"])
        #expect(server.requests.map(\.query) == ["q", "", ""])
    }

    @Test("A body over the limit is 413 and never reaches the handler, announced or not")
    func largeBody() throws {
        let server = try RecordingServer(limits: HTTPLimits(bodySize: 100))
        let announced = try answer(
            to: "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 101\r\n\r\n", port: server.port)
        let chunked = try answer(
            to: "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n65\r\n"
                + String(repeating: "x", count: 101) + "\r\n0\r\n\r\n", port: server.port)
        #expect(announced.hasPrefix("HTTP/1.1 413 ") && chunked.hasPrefix("HTTP/1.1 413 "))
        #expect(server.requests.isEmpty)
        _ = try answer(
            to: "POST / HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 100\r\n\r\n"
                + String(repeating: "x", count: 100), port: server.port)
        #expect(server.requests.map(\.body.count) == [100])
    }

    @Test("An endless body is cut off")
    func endlessBody() throws {
        let server = try RecordingServer(limits: HTTPLimits(bodySize: 1000))
        let client = try RawClient(port: server.port)
        client.send("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n")
        for _ in 0..<100 { client.send("64\r\n" + String(repeating: "x", count: 100) + "\r\n") }
        #expect(try client.readToEnd().isEmpty)
        #expect(server.requests.isEmpty)
    }

    @Test("A head over the limit is refused")
    func largeHead() throws {
        let server = try RecordingServer(limits: HTTPLimits(headSize: 4096))
        let text = try answer(
            to: "GET / HTTP/1.1\r\nHost: h\r\nX: \(String(repeating: "x", count: 8000))\r\n\r\n", port: server.port)
        #expect(text.isEmpty || text.hasPrefix("HTTP/1.1 4"))
        #expect(server.requests.isEmpty)
    }

    @Test("A silent connection is closed after the idle timeout")
    func idle() throws {
        let server = try RecordingServer(limits: HTTPLimits(idleTimeout: .seconds(1)))
        let client = try RawClient(port: server.port)
        client.send("GET / HTTP/1.1\r\nHo")
        let text = try client.readToEnd()
        #expect(text.isEmpty || text.hasPrefix("HTTP/1.1 408"))
    }

    @Test("One connection more than the limit waits until another is closed")
    func connectionLimit() throws {
        let request = "GET / HTTP/1.1\r\nHost: h\r\n\r\n"
        let server = try RecordingServer(limits: HTTPLimits(connections: 1))
        let first = try RawClient(port: server.port)
        first.send(request)
        _ = try first.read(until: "hello")
        let second = try RawClient(port: server.port)
        second.send(request)
        first.send(request)
        _ = try first.read(until: "hello")
        #expect(server.requests.count == 2)
        _ = consume first
        #expect(try second.read(until: "hello").hasSuffix("hello"))
    }

    @Test("A malformed header in the handler's answer becomes 500 and is not sent")
    func responseSplitting() throws {
        let server = try RecordingServer { _ in HTTPResponse(status: 200, headers: ["X": "a\r\nSet-Cookie: b"]) }
        let text = try answer(to: "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", port: server.port)
        #expect(text.hasPrefix("HTTP/1.1 500 ") && !text.contains("Set-Cookie"))
    }
}

extension String {
    /// How often a text occurs.
    func components(of text: String) -> Int { split(separator: text, omittingEmptySubsequences: false).count - 1 }
}
