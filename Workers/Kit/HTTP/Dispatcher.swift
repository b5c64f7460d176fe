import CMicrohttpd

/// The library's callbacks: judge the head, gather the body, ask the handler, send its answer.
///
/// One object a server; its methods run on the server's thread only.
final class Dispatcher: Sendable {
    private let limits: HTTPLimits
    private let handler: @Sendable (HTTPRequest) -> HTTPResponse

    init(limits: HTTPLimits, handler: @escaping @Sendable (HTTPRequest) -> HTTPResponse) {
        self.limits = limits
        self.handler = handler
    }

    /// The head has arrived.
    ///
    /// - Returns: whether the library keeps the connection.
    func begin(_ exchange: Exchange, method: String, version: String, on connection: OpaquePointer) -> MHD_Result {
        do throws(RequestHead.Refusal) {
            guard let target = exchange.target, let headers = unsafe Self.headers(of: connection) else {
                throw RequestHead.Refusal(status: 400, reason: "malformed request")
            }
            let head = try RequestHead(method: method, target: target, version: version, headers: headers).admit()
            if let length = head.contentLength, length > limits.bodySize { throw tooLarge }
            exchange.headers = headers
            exchange.head = head
            return .YES
        } catch {
            return unsafe refuse(error, on: connection)
        }
    }

    /// A piece of the body has arrived.
    func receive(_ piece: UnsafeRawBufferPointer, for exchange: Exchange) -> MHD_Result {
        unsafe exchange.receive(piece, limit: limits.bodySize) ? .YES : .NO
    }

    /// The request is complete.
    func finish(_ exchange: Exchange, _ head: RequestHead.Admitted, on connection: OpaquePointer) -> MHD_Result {
        guard exchange.received <= limits.bodySize else { return unsafe refuse(tooLarge, on: connection) }
        return unsafe Self.send(handler(exchange.request(head)), on: connection)
    }

    private var tooLarge: RequestHead.Refusal {
        RequestHead.Refusal(status: 413, reason: "a body has at most \(limits.bodySize) bytes")
    }

    private func refuse(_ refusal: RequestHead.Refusal, on connection: OpaquePointer) -> MHD_Result {
        var response = HTTPResponse.text(refusal.reason + "\n", status: refusal.status)
        response.headers["Connection"] = "close"
        return unsafe Self.send(response, on: connection)
    }

    private static func send(_ response: HTTPResponse, on connection: OpaquePointer) -> MHD_Result {
        let made = unsafe response.body.withUnsafeBytes { body in
            unsafe MHD_create_response_from_buffer(
                body.count, UnsafeMutableRawPointer(mutating: body.baseAddress), .RESPMEM_MUST_COPY)
        }
        guard let answer = unsafe made else { return .NO }
        defer { unsafe MHD_destroy_response(answer) }
        for (name, value) in response.headers.fields {
            // A line break in a value would begin a field of somebody else's choosing: send nothing of it.
            guard unsafe MHD_add_response_header(answer, name, value) == .YES else {
                return unsafe send(.text("the answer has a malformed header\n", status: 500), on: connection)
            }
        }
        return unsafe MHD_queue_response(connection, UInt32(response.status), answer)
    }

    /// The header fields, or nil when one of them is not UTF-8.
    private static func headers(of connection: OpaquePointer) -> HTTPHeaders? {
        var gathered = Gathered()
        _ = unsafe withUnsafeMutablePointer(to: &gathered) { gathered in
            unsafe MHD_get_connection_values_n(
                connection, .HEADER_KIND,
                { context, _, name, nameSize, value, valueSize in
                    let gathered = unsafe context!.assumingMemoryBound(to: Gathered.self)
                    let name = unsafe UnsafeRawBufferPointer(start: name, count: nameSize)
                    let value = unsafe UnsafeRawBufferPointer(start: value, count: valueSize)
                    unsafe gathered.pointee.add(name, value)
                    return .YES
                }, gathered)
        }
        return gathered.isText ? HTTPHeaders(gathered.fields) : nil
    }

    private struct Gathered {
        var fields: [(name: String, value: String)] = []
        var isText = true

        mutating func add(_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) {
            guard let name = unsafe String(validating: name, as: UTF8.self),
                let value = unsafe String(validating: value, as: UTF8.self)
            else {
                isText = false
                return
            }
            fields.append((name, value))
        }
    }
}
