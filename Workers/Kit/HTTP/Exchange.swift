/// One request on its way in: made when its line arrives, dropped when its answer is sent or the connection is gone.
///
/// Used by the server's thread only.
final class Exchange {
    /// The target exactly as the client wrote it; nil when it is not ASCII.
    let target: String?
    private(set) var body: [UInt8] = []
    private(set) var received = 0

    var head: RequestHead.Admitted?
    var headers: HTTPHeaders = [:]

    init(target: String?) { self.target = target }

    /// Takes a piece of the body. What lies beyond the limit is counted and dropped.
    ///
    /// - Returns: whether to go on reading; false once twice the limit was sent, when no answer can be expected to
    ///   arrive.
    func receive(_ piece: UnsafeRawBufferPointer, limit: Int) -> Bool {
        let (sum, overflow) = received.addingReportingOverflow(piece.count)
        received = overflow ? .max : sum
        if received <= limit {
            unsafe body.append(contentsOf: piece)
        } else {
            body = []
        }
        return received / 2 <= limit
    }

    func request(_ head: RequestHead.Admitted) -> HTTPRequest {
        HTTPRequest(method: head.method, path: head.path, query: head.query, headers: headers, body: body)
    }
}
