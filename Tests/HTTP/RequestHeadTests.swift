import Testing

@testable import HTTP

@Suite("Judging a request's head")
struct RequestHeadTests {
    private func head(
        _ target: String = "/", method: String = "GET", version: String = "HTTP/1.1",
        headers: HTTPHeaders = ["Host": "h"]
    ) -> RequestHead {
        RequestHead(method: method, target: target, version: version, headers: headers)
    }

    @Test("Every method of the list passes", arguments: HTTPMethod.allCases)
    func methods(method: HTTPMethod) throws {
        #expect(try head(method: method.rawValue).admit().method == method)
    }

    @Test("HTTP/1.0 needs no Host and has no chunked bodies")
    func oldVersion() throws {
        #expect(try head(version: "HTTP/1.0", headers: [:]).admit().path == "/")
        #expect(throws: RequestHead.Refusal(status: 400, reason: "the only transfer coding is chunked")) {
            try head(version: "HTTP/1.0", headers: ["Transfer-Encoding": "chunked"]).admit()
        }
    }

    @Test("The length of a body is a number, nothing, or unknown")
    func lengths() throws {
        #expect(try head(headers: ["Host": "h", "Content-Length": "007"]).admit().contentLength == 7)
        #expect(try head().admit().contentLength == 0)
        #expect(try head(headers: ["Host": "h", "Transfer-Encoding": "Chunked"]).admit().contentLength == nil)
    }

    @Test("More than a hundred fields are 431")
    func manyFields() {
        let fields = (0...100).map { (name: "X-\($0)", value: "") }
        #expect(throws: RequestHead.Refusal(status: 431, reason: "too many header fields")) {
            try head(headers: HTTPHeaders(fields)).admit()
        }
    }

    @Test(
        "Escapes are decoded once",
        arguments: [("/%2561", "/%61"), ("/a%2Fb", "/a/b"), ("/a+b", "/a+b"), ("/?%zz", "/")])
    func escapes(target: String, path: String) throws { #expect(try head(target).admit().path == path) }

    @Test("A parameter is decoded, the first of a name wins, a broken one is absent")
    func parameters() {
        let request = HTTPRequest(method: .get, path: "/", query: "a=1&a=2&b&c=%F0%9F%90%9D&d=%zz&%65=5&=6&f=1=2")
        #expect(request.parameter("a") == "1" && request.parameter("b") == "" && request.parameter("c") == "🐝")
        #expect(request.parameter("d") == nil && request.parameter("e") == "5" && request.parameter("f") == "1=2")
    }

    @Test("Setting a header replaces all of its name; appending keeps them")
    func headers() {
        var headers: HTTPHeaders = ["A": "1", "a": "2", "B": "3"]
        headers.append("a", "4")
        #expect(headers.values(of: "A") == ["1", "2", "4"])
        headers["A"] = "5"
        #expect(headers.fields.map(\.name) == ["B", "A"])
        headers["b"] = nil
        #expect(headers["B"] == nil)
    }
}
