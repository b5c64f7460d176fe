import Contracts
import Glibc

/// One HTTP request over a plain socket: what the management API of a broker needs, and no more. HTTP/1.0, so that the
/// answer is not chunked and ends with the connection.
struct PlainHTTP {
    let host: String
    let port: String
    /// `Authorization: Basic`, encoded.
    let credentials: String

    /// Reads `http://user:password@host:port`; nothing else is understood.
    init?(url: String) {
        guard url.hasPrefix("http://") else { return nil }
        let authority = url.dropFirst(7).split(separator: "/", maxSplits: 1).first ?? ""
        let parts = authority.split(separator: "@", maxSplits: 1).map(String.init)
        guard let address = parts.last?.split(separator: ":").map(String.init), address.count == 2 else { return nil }
        host = address[0]
        port = address[1]
        credentials = Base64.encode(Array((parts.count == 2 ? parts[0] : "guest:guest").utf8))
    }

    /// Sends a request and reads the answer to its end.
    func request(_ method: String, _ path: String, body: [UInt8] = []) throws(Failure) -> (status: Int, body: [UInt8]) {
        let descriptor = try connect()
        defer { close(descriptor) }
        let head = """
            \(method) \(path) HTTP/1.0\r
            host: \(host):\(port)\r
            authorization: Basic \(credentials)\r
            content-type: application/json\r
            content-length: \(body.count)\r
            \r

            """
        guard File.send(head + String(decoding: body, as: UTF8.self), to: descriptor) else {
            throw Failure(.unavailable, "management: the connection was lost")
        }
        return try parse(receive(descriptor))
    }

    private func connect() throws(Failure) -> Int32 {
        var hints = unsafe addrinfo()
        unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        guard unsafe getaddrinfo(host, port, &hints, &list) == 0, let first = unsafe list else {
            throw Failure(.unavailable, "management: \(host) is not known")
        }
        defer { unsafe freeaddrinfo(first) }
        let descriptor = unsafe socket(first.pointee.ai_family, first.pointee.ai_socktype, 0)
        guard unsafe Glibc.connect(descriptor, first.pointee.ai_addr, first.pointee.ai_addrlen) == 0 else {
            close(descriptor)
            throw Failure(.unavailable, "management: \(host):\(port) does not answer")
        }
        return descriptor
    }

    private func receive(_ descriptor: Int32) throws(Failure) -> [UInt8] {
        var answer: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 16_384)
        while answer.count < 16 * 1_048_576 {
            var wait = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            guard unsafe poll(&wait, 1, 10_000) > 0 else {
                throw Failure(.unavailable, "management: no answer in time")
            }
            let count = unsafe buffer.withUnsafeMutableBytes { unsafe recv(descriptor, $0.baseAddress, $0.count, 0) }
            guard count >= 0 else { throw Failure(.unavailable, "management: the connection was lost") }
            if count == 0 { return answer }
            answer += buffer[..<count]
        }
        throw Failure(.failure, "management: the answer has no end")
    }

    private func parse(_ answer: [UInt8]) throws(Failure) -> (status: Int, body: [UInt8]) {
        let end = answer.indices.first { answer[$0...].starts(with: [13, 10, 13, 10]) }
        let line = answer.prefix { $0 != 13 }
        let words = String(decoding: line, as: UTF8.self).split(separator: " ")
        guard let end, words.count >= 2, let status = Int(words[1]) else {
            throw Failure(.failure, "management: that is no HTTP answer")
        }
        return (status, Array(answer[(end + 4)...]))
    }
}
