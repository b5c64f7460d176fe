import Glibc
import HTTPClient
import TestSupport
import Testing

/// What a client does with servers that are well, slow, cut short, or not what they should be.
struct ClientTests {
    private func options(_ change: (inout ClientOptions) -> Void = { _ in }) -> ClientOptions {
        var options = ClientOptions()
        options.timeout = .seconds(20)
        change(&options)
        return options
    }

    /// The error of a request that gets no answer.
    private func error(
        _ options: ClientOptions, _ request: ClientRequest
    ) throws -> ClientError {
        var client = try Client(options)
        do throws(ClientError) {
            let response = try client.send(request)
            throw ClientError(.failed, "answered with \(response.status)")
        } catch { return error }
    }

    @Test("Method, path, headers, credentials and body arrive as they were given, and the answer as it was sent")
    func exchange() throws {
        try ScriptedServer.with { _, _ in
            [ScriptedServer.answer("207 Multi-Status", "an answer", "X-One:  two words ", "Retry-After: 7")]
        } _: { server in
            var client = try Client(options())
            let url = try ClientURL(
                server.url.replacing("http://", with: "http://me%40:pass%3Aword@") + "/base/", adding: "/a%2fb")
            #expect(url.text == "\(server.url)/base/a%2fb")
            let response = try client.send(
                ClientRequest(
                    "PUT", url, headers: [("X-Empty", ""), ("Content-Type", "text/x")], body: Array("body".utf8)))
            #expect(response.status == 207)
            #expect(response.text == "an answer")
            #expect(response.header("x-one") == "two words")
            #expect(response.retryAfter == .seconds(7))
            let request = try #require(server.requests.first)
            #expect(request.hasPrefix("PUT /base/a%2fb HTTP/1.1\r\n"))
            for line in [
                "Authorization: Basic bWVAOnBhc3M6d29yZA==", "X-Empty:", "Content-Type: text/x", "Content-Length: 4",
                "User-Agent: ruche",
            ] { #expect(request.contains("\r\n\(line)\r\n")) }
            #expect(!request.contains("Expect"))
            #expect(request.hasSuffix("\r\n\r\nbody"))
        }
    }

    @Test("A bearer's token takes the place of what stands in the URL", arguments: ["GET", "POST", "DELETE", "HEAD"])
    func bearer(method: String) throws {
        try ScriptedServer.with { request, _ in
            [
                request.hasPrefix("HEAD")
                    ? .send("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n") : ScriptedServer.answer("200 OK")
            ]
        } _: { server in
            var client = try Client(options())
            let url = try ClientURL(server.url.replacing("http://", with: "http://a:b@"))
            #expect(try client.send(ClientRequest(method, url, credentials: .bearer(token: "t0ken"))).status == 200)
            let request = try #require(server.requests.first)
            #expect(request.hasPrefix("\(method) / HTTP/1.1\r\n"))
            #expect(request.contains("\r\nAuthorization: Bearer t0ken\r\n"))
            #expect(request.contains("Content-Length: 0") == (method == "POST"))
        }
    }

    @Test("One connection serves many requests, and what one set does not last to the next")
    func reuse() throws {
        try ScriptedServer.with { _, _ in
            [ScriptedServer.answer("200 OK", "x")]
        } _: { server in
            var client = try Client(options())
            let url = try ClientURL(server.url)
            _ = try client.send(
                ClientRequest("POST", url, headers: [("X-One", "1")], credentials: .bearer(token: "t"), body: [1]))
            for _ in 0..<4 { _ = try client.send(ClientRequest("GET", url)) }
            #expect(server.connections == 1)
            #expect(server.requests.count == 5)
            for request in server.requests.dropFirst() {
                #expect(request.hasPrefix("GET "))
                #expect(!request.contains("X-One") && !request.contains("Authorization"))
            }
        }
    }

    @Test("A kept connection that the server closed is replaced, and the request is sent once more")
    func keptConnectionLost() throws {
        try ScriptedServer.with { _, _ in
            [ScriptedServer.answer("200 OK", "x"), .close]
        } _: { server in
            var client = try Client(options())
            let request = ClientRequest("POST", try ClientURL(server.url), body: [1, 2])
            for _ in 0..<3 { #expect(try client.send(request).status == 200) }
            #expect(server.connections == 3)
        }
    }

    @Test("A request ends at its deadline, whether nothing comes or too little", arguments: [false, true])
    func deadline(begins: Bool) throws {
        try ScriptedServer.with { _, _ in
            begins ? [.send("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc"), .hang] : [.hang]
        } _: { server in
            let clock = ContinuousClock()
            let began = clock.now
            let url = try ClientURL(server.url)
            let found = try error(options(), ClientRequest("GET", url, timeout: .milliseconds(300)))
            #expect(found.code == .timedOut && found.isTransient)
            #expect((Duration.milliseconds(250)..<Duration.seconds(10)).contains(clock.now - began))
        }
    }

    @Test(
        "An answer that is cut is no answer",
        arguments: [
            "", "HTTP/1.1 200 OK\r\nconte", "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nabc", "HTTP/1.1 103 Early Hints\r\n\r\n",
        ])
    func cut(text: String) throws {
        try ScriptedServer.with { _, _ in
            [.send(text), .close]
        } _: { server in
            let found = try error(options(), ClientRequest("GET", try ClientURL(server.url)))
            #expect(found.code == .connectionLost && found.isTransient)
        }
    }

    @Test("What is no HTTP is said to be none", arguments: ["garbage\r\n\r\n", "SSH-2.0-OpenSSH_9.2\r\n"])
    func noHTTP(text: String) throws {
        try ScriptedServer.with { _, _ in
            [.send(text), .close]
        } _: { server in
            let found = try error(options(), ClientRequest("GET", try ClientURL(server.url)))
            #expect(found.code == .protocolViolation && !found.isTransient)
        }
    }

    @Test("A body beyond the limit is given up, announced or not; one at the limit is taken")
    func tooLarge() throws {
        let bounded = options { $0.answerLimit = 1000 }
        try ScriptedServer.with { _, number in
            let body = String(repeating: "x", count: number == 0 ? 1000 : 1001)
            return number < 2
                ? [ScriptedServer.answer("200 OK", body)] : [.send("HTTP/1.1 200 OK\r\n\r\n\(body)"), .close]
        } _: { server in
            let request = ClientRequest("GET", try ClientURL(server.url))
            var client = try Client(bounded)
            #expect(try client.send(request).body.count == 1000)
            for _ in 0..<2 { #expect(try error(bounded, request).code == .answerTooLarge) }
        }
    }

    @Test("A head without end is given up")
    func endlessHead() throws {
        try ScriptedServer.with { _, _ in
            [
                .send(
                    "HTTP/1.1 200 OK\r\n"
                        + String(repeating: "x: \(String(repeating: "y", count: 1000))\r\n", count: 90)), .hang,
            ]
        } _: { server in
            let found = try error(options(), ClientRequest("GET", try ClientURL(server.url)))
            #expect(found.code == .answerTooLarge)
        }
    }

    @Test("A redirect is an answer, and is not followed")
    func redirect() throws {
        try ScriptedServer.with { _, _ in
            [ScriptedServer.answer("302 Found", "", "Location: /elsewhere")]
        } _: { server in
            var client = try Client(options())
            let response = try client.send(ClientRequest("GET", try ClientURL(server.url)))
            #expect(response.status == 302)
            #expect(response.header("Location") == "/elsewhere")
            #expect(server.requests.count == 1)
        }
    }

    @Test("An interim answer is passed over")
    func interim() throws {
        try ScriptedServer.with { _, _ in
            [.send("HTTP/1.1 103 Early Hints\r\nx: 1\r\n\r\n"), ScriptedServer.answer("204 No Content", "", "y: 2")]
        } _: { server in
            var client = try Client(options())
            let response = try client.send(ClientRequest("GET", try ClientURL(server.url)))
            #expect(response.status == 204)
            #expect(response.header("x") == nil && response.header("y") == "2")
        }
    }

    @Test("What comes behind a chunked body is read over")
    func trailers() throws {
        try ScriptedServer.with { _, _ in
            [
                .send(
                    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ntrailer: x\r\n\r\n"
                        + "3\r\nabc\r\n0\r\nx: 1\r\n\r\n")
            ]
        } _: { server in
            var client = try Client(options())
            for _ in 0..<2 {
                let response = try client.send(ClientRequest("GET", try ClientURL(server.url)))
                #expect(response.status == 200 && response.text == "abc")
                #expect(response.header("x") == nil && response.header("trailer") == "x")
            }
            #expect(server.connections == 1)
        }
    }

    @Test("Who is not there is told from who is not known")
    func absent() throws {
        let port = ScriptedServer.with({ _, _ in [] }, { $0.port })
        let found = try error(options(), ClientRequest("GET", try ClientURL("http://127.0.0.1:\(port)")))
        #expect(found.code == .unreachable && found.isTransient)
        // No name server is asked for a label of more than 63 letters.
        let name = String(repeating: "n", count: 64) + ".invalid"
        let unknown = try error(options(), ClientRequest("GET", try ClientURL("http://\(name)")))
        #expect(unknown.code == .unresolved && unknown.isTransient)
    }

    @Test("A request ends at its deadline, whether or not there is a name server that answers")
    func nameServer() throws {
        let clock = ContinuousClock()
        let began = clock.now
        let request = ClientRequest("GET", try ClientURL("http://nobody.invalid"), timeout: .seconds(1))
        let found = try error(options(), request)
        #expect(found.code == .unresolved || found.code == .timedOut)
        #expect(clock.now - began < .seconds(4))
    }

    /// In a process of its own, because an environment belongs to the whole of it.
    @Test("The proxy of the environment is not used, and one that is set is")
    func proxy() async {
        await #expect(processExitsWith: .success) {
            try ScriptedServer.with { _, _ in
                [ScriptedServer.answer("200 OK", "proxy")]
            } _: { proxy in
                for name in ["http_proxy", "all_proxy", "ALL_PROXY"] { unsafe setenv(name, proxy.url, 1) }
                try ScriptedServer.with { _, _ in
                    [ScriptedServer.answer("200 OK", "direct")]
                } _: { server in
                    var client = try Client()
                    #expect(try client.send(ClientRequest("GET", try ClientURL(server.url))).text == "direct")
                    #expect(proxy.requests.isEmpty)
                    var options = ClientOptions()
                    options.proxy = proxy.url
                    var through = try Client(options)
                    _ = try through.send(ClientRequest("GET", try ClientURL("http://elsewhere.invalid/path")))
                    #expect(proxy.requests.last?.hasPrefix("GET http://elsewhere.invalid/path HTTP/1.1") == true)
                }
            }
        }
    }

    @Test("A certificate file that is not there is said, before anything is sent")
    func certificateFile() throws {
        try ScriptedServer.with { _, _ in
            []
        } _: { server in
            let found = try error(
                options { $0.authorityFile = "/nowhere/ca.pem" },
                ClientRequest("GET", try ClientURL(server.url.replacing("http:", with: "https:"))))
            #expect(found.code == .tls && !found.isTransient)
            #expect(found.message.contains("/nowhere/ca.pem"))
            #expect(server.requests.isEmpty)
        }
    }

    @Test("A Unix socket takes the place of the host")
    func unixSocket() throws {
        let path = "/tmp/ruche-\(getpid())-\(UInt32.random(in: .min ... .max)).sock"
        defer { unsafe unlink(path) }
        try ScriptedServer.with(at: path) { _, _ in
            [ScriptedServer.answer("200 OK", "here")]
        } _: { server in
            var client = try Client(options { $0.socketPath = path })
            let url = try ClientURL("http://elsewhere.invalid/path")
            #expect(try client.send(ClientRequest("GET", url)).text == "here")
            #expect(server.requests[0].hasPrefix("GET /path HTTP/1.1\r\nHost: elsewhere.invalid\r\n"))
        }
        let found = try error(options { $0.socketPath = path }, ClientRequest("GET", try ClientURL("http://docker/")))
        #expect(found.code == .unreachable && found.isTransient)
    }

    @Test func aRequestThatIsNotWantedAnyMoreEndsLongBeforeItsTime() throws {
        try ScriptedServer.with { _, _ in
            [.hang]
        } _: { server in
            var request = ClientRequest("GET", try ClientURL(server.url), timeout: .seconds(3600))
            request.isCancelled = { !server.requests.isEmpty }
            #expect(try error(options(), request).code == .cancelled)
        }
    }
}
