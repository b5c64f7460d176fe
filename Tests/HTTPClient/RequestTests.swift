import HTTPClient
import Testing

/// What is refused before anything is sent.
struct RequestTests {
    @Test(
        "Only http and https URLs that are whole are taken",
        arguments: [
            "", "example.org", "ftp://example.org/", "file:///etc/passwd", "http://", "http:///path", "http://a b/",
            "http://host:99999/", "http://host\u{0}/", "//host/path", "http://a%0d%0ab:c@127.0.0.1:1", "gopher://host/",
        ])
    func malformed(text: String) {
        do throws(ClientError) {
            let url = try ClientURL(text)
            Issue.record("taken as \(url.text)")
        } catch {
            #expect(error.code == .malformedURL)
        }
    }

    @Test("A URL is printed without its secrets")
    func secrets() throws {
        let url = try ClientURL("https://me:s%65cret@example.org:8443/x?y=z#part", adding: "/push")
        #expect(url.text == "https://example.org:8443/x/push?y=z")
        guard case .basic("me", "secret") = url.credentials else {
            Issue.record("other credentials")
            return
        }
        let error = #expect(throws: ClientError.self) { try ClientURL("nothing://me:secret@host") }
        #expect(error?.description.contains("secret") == false)
    }

    @Test(
        "What goes to another host as it is can be read on its way",
        arguments: [
            ("http://example.org", true), ("HTTP://10.0.0.1:3100/x", true), ("http://127.example.org", true),
            ("http://[fe80::1]:80/", true), ("http://localhost.example.org", true), ("https://example.org", false),
            ("http://me:secret@localhost:3100/x", false), ("http://127.0.0.2", false), ("http://[::1]:15672/", false),
        ])
    func open(text: String, isOpen: Bool) throws {
        #expect(try ClientURL(text).isOpen == isOpen)
    }

    @Test("Nothing is said that would become another header")
    func injection() throws {
        let url = try ClientURL("http://127.0.0.1:1")
        let requests = [
            ClientRequest("GET / HTTP/1.1\r\nx:", url), ClientRequest("", url),
            ClientRequest("GET", url, headers: [("a", "b\r\nc: d")]),
            ClientRequest("GET", url, headers: [("a: b\r\nc", "d")]),
            ClientRequest("GET", url, headers: [("", "d")]), ClientRequest("GET", url, headers: [("a", "b\u{0}")]),
            ClientRequest("GET", url, credentials: .bearer(token: "a\r\nb: c")),
            ClientRequest("GET", url, credentials: .basic(user: "a\n", password: "")),
        ]
        for request in requests {
            var client = try Client()
            do throws(ClientError) {
                _ = try client.send(request)
                Issue.record("sent")
            } catch {
                #expect(error.code == .malformedRequest)
            }
        }
    }

    @Test("What is compressed has gzip's form and is small", arguments: [0, 1, 100, 1_000_000])
    func gzip(count: Int) throws {
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 / 7) }
        let compressed = try #require(Gzip.compress(bytes))
        #expect(compressed.starts(with: [0x1F, 0x8B, 8]))
        // The last four bytes are the length, the least first (RFC 1952 2.3.1).
        #expect(compressed.suffix(4).reversed().reduce(0) { $0 << 8 | Int($1) } == count)
        if count == 1_000_000 { #expect(compressed.count < 50_000) }
    }
}
