@testable import HTTP
@testable import HTTPClient
@testable import IngestLogsWorker

extension FuzzTarget {
    /// Heads of requests and answers, and what Loki says in prose.
    static let http = FuzzTarget(
        name: "http", summary: "HTTP: heads of requests and of answers, percent-encoding, answers of Loki",
        seeds: {
            [
                "GET /a%20b?c=d HTTP/1.1\nHost: h\nContent-Length: 5", "OPTIONS * HTTP/1.0",
                "POST http://h/x?y HTTP/1.1\nHost: h\nTransfer-Encoding: chunked",
                "GET /%00 HTTP/1.1\nHost: h\nHost: i",
                "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\nTrailer: 1\r\n",
                "entry ignored, reason: 'entry too far behind', total ignored: 2 out of 5 for stream: {}",
                "max entry size \"quoted \\\" out of order\" exceeded", "total ignored: 9223372036854775808 out of 1 x",
            ].map { Array($0.utf8) }
        },
        check: { bytes in
            let text = String(decoding: bytes, as: UTF8.self)
            try checkRequest(text)
            try checkAnswer(bytes)
            if let decoded = PercentEncoding.decode(text[...]) {
                let escaped = decoded.utf8.map { "%" + ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
                if !decoded.utf8.contains(0) {
                    try requireSame(PercentEncoding.decode(escaped[...]), decoded, "escaped and decoded")
                }
            }
        })

    private static func checkRequest(_ text: String) throws {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        let words = lines[0].split(separator: " ", maxSplits: 2).map(String.init)
        guard words.count == 3 else { return }
        let fields = lines.dropFirst().map { line -> (name: String, value: String) in
            let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            return (String(parts[0]), parts.count == 2 ? String(parts[1].drop { $0 == " " }) : "")
        }
        let head = RequestHead(method: words[0], target: words[1], version: words[2], headers: HTTPHeaders(fields))
        let admitted: RequestHead.Admitted
        do throws(RequestHead.Refusal) { admitted = try head.admit() } catch {
            try require((400...599).contains(error.status), "the status \(error.status)")
            return
        }
        try require(admitted.contentLength ?? 0 >= 0, "a length below zero")
        try require(!admitted.path.utf8.contains(0), "U+0000 in a path")
        try require(admitted.path.utf8.first == UInt8(ascii: "/") || admitted.path == "*", "the path \(admitted.path)")
    }

    private static func checkAnswer(_ bytes: [UInt8]) throws {
        let receiver = Receiver(limit: 100)
        for line in bytes.split(separator: 0x0A, omittingEmptySubsequences: false) {
            let whole = Array(line) + [0x0A]
            let isTaken = unsafe whole.withUnsafeBytes { unsafe receiver.receiveHead($0) }
            guard isTaken else { break }
        }
        _ = unsafe bytes.withUnsafeBytes { unsafe receiver.receiveBody($0) }
        try require(receiver.body.count <= 100, "more of a body than is allowed")
        for status in [200, 204, 400, 422, 429, 500, 302] {
            let response = ClientResponse(status: status, headers: receiver.headers, body: bytes)
            switch LokiAnswer(response) {
            case .taken: try require(status == 204 || status == 200 && bytes.isEmpty, "taken with \(status)")
            case .refused(let refusal):
                try require(
                    refusal.text.utf8.count <= 410 && !refusal.text.utf8.contains(0x0A), "what is said is a line")
                if let ignored = refusal.ignored {
                    try require((1...ignored.total).contains(ignored.count), "lines that were ignored")
                }
            case .away(_, let message, _): try require(!message.utf8.contains(0x0A), "what is said is a line")
            }
        }
    }
}
