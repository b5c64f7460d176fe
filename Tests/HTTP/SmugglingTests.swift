import Testing

@testable import HTTP

/// Requests that two servers could read in two ways. Behind each stands a second one that must never be executed.
@Suite("Ambiguous requests are refused before any handler")
struct SmugglingTests {
    private static let smuggled = "GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n"

    @Test(
        "Two ways to tell the body's length",
        arguments: [
            "Content-Length: 5\r\nContent-Length: 5\r\n",
            "Content-Length: 5\r\nContent-Length: 6\r\n",
            "content-length: 5\r\nCONTENT-LENGTH: 0\r\n",
            "Content-Length: 5, 5\r\n",
            "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
            "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
            "Content-Length: +5\r\n",
            "Content-Length: -1\r\n",
            "Content-Length: 0x5\r\n",
            "Content-Length: 5 5\r\n",
            "Content-Length:\r\n",
            "Content-Length: 99999999999999999999999\r\n",
            "Content-Length : 5\r\n",
            "Content-Length: 5\r\n Transfer-Encoding: chunked\r\n",
        ])
    func lengths(fields: String) throws { try expectRefusal("POST / HTTP/1.1\r\nHost: h\r\n\(fields)\r\n") }

    @Test(
        "Transfer codings other than chunked, once",
        arguments: [
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
            "Transfer-Encoding: identity\r\n",
            "Transfer-Encoding: gzip, chunked\r\n",
            "Transfer-Encoding: chunked, identity\r\n",
            "Transfer-Encoding: xchunked\r\n",
            "Transfer-Encoding:\r\n",
            "Transfer-Encoding : chunked\r\n",
            "Transfer-Encoding: \u{0B}chunked\r\n",
        ])
    func codings(fields: String) throws { try expectRefusal("POST / HTTP/1.1\r\nHost: h\r\n\(fields)\r\n") }

    @Test(
        "Names, hosts and values that are none",
        arguments: [
            "Host: h\r\nHost: i\r\n", "", "Host: h\r\nX Y: 1\r\n", "Host: h\r\nX\u{7f}: 1\r\n",
            "Host: h\r\nX: \u{1}\r\n",
            "Host: h\r\nX(y): 1\r\n", "Host: h\r\nno colon\r\n", " Host: h\r\n",
        ])
    func fields(text: String) throws { try expectRefusal("GET / HTTP/1.1\r\n\(text)\r\n") }

    @Test(
        "Request lines that are none",
        arguments: [
            "get / HTTP/1.1", "TRACE / HTTP/1.1", "CONNECT h:80 HTTP/1.1", "BREW / HTTP/1.1",
            "GET /a b HTTP/1.1", "GET relative HTTP/1.1", "GET * HTTP/1.1", "GET /%00 HTTP/1.1", "GET /%zz HTTP/1.1",
            "GET /%ff HTTP/1.1", "GET /% HTTP/1.1", "GET /é HTTP/1.1", "GET /#f HTTP/1.1", "GET ftp://h/ HTTP/1.1",
            "GET /\u{1} HTTP/1.1", "GET\t/ HTTP/1.1",
        ])
    func requestLines(line: String) throws { try expectRefusal("\(line)\r\nHost: h\r\n\r\n") }

    @Test("Versions that are not 1.0 or 1.1", arguments: ["HTTP/2.0", "HTTP/0.9", "HTTP/1.2", "http/1.1", "HTTP/11"])
    func versions(version: String) throws { try expectRefusal("GET / \(version)\r\nHost: h\r\n\r\n") }

    @Test("Bytes that are not UTF-8 in a header")
    func notText() throws {
        let server = try RecordingServer()
        let client = try RawClient(port: server.port)
        client.send(Array("GET / HTTP/1.1\r\nHost: h\r\nX: ".utf8) + [0xff, 0xfe] + Array("\r\n\r\n".utf8))
        #expect(try client.readToEnd().hasPrefix("HTTP/1.1 400 "))
        #expect(server.requests.isEmpty)
    }

    @Test(
        "A chunk size that is none ends the connection without a handler",
        arguments: [
            "zz\r\nabc\r\n0\r\n\r\n", "-1\r\n", "ffffffffffffffffff\r\n", "3\r\nabcX\r\n0\r\n\r\n",
        ])
    func chunks(body: String) throws {
        let server = try RecordingServer()
        let text = try answer(
            to: "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n\(body)\(Self.smuggled)",
            port: server.port)
        #expect(text.isEmpty || text.hasPrefix("HTTP/1.1 4"))
        #expect(server.requests.isEmpty)
    }

    /// The head guard cannot see these. None of them moves the end of the request: the bytes behind it are refused.
    @Test(
        "What the library tolerates ends where it should",
        arguments: [
            "GET  / HTTP/1.1\r\nHost: h\r\n\r\n", "GET / HTTP/1.1\r\nHost: h\r\n: no name\r\n\r\n",
            "GET / HTTP/1.1\nHost: h\n\n",
        ])
    func tolerated(head: String) throws {
        let server = try RecordingServer()
        let text = try answer(to: head + "01234" + Self.smuggled, port: server.port)
        #expect(text.hasPrefix("HTTP/1.1 200 ") && text.components(of: "HTTP/1.1 400 ") == 1)
        #expect(server.requests.map(\.path) == ["/"])
    }

    /// Sends a head, five bytes of body and a second request: nothing but a refusal may come back before the end.
    private func expectRefusal(_ head: String) throws {
        let server = try RecordingServer()
        let text = try answer(to: head + "01234" + Self.smuggled, port: server.port)
        let statuses = text.split(separator: "HTTP/1.", omittingEmptySubsequences: false).dropFirst()
        let isRefusal = statuses.allSatisfy { line in
            ["400", "413", "501", "505"].contains { line.dropFirst(2).hasPrefix($0) }
        }
        #expect(isRefusal, "\(text.debugDescription) for \(head.debugDescription)")
        #expect(server.requests.isEmpty)
    }
}
