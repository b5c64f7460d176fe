import HTTPClient

/// What a receiver says to one request of OTLP/HTTP, as the protocol's specification has it.
enum SpanAnswer: Equatable {
    /// Taken, but for so many spans.
    case taken(rejected: Int)
    /// Never to be sent again.
    case refused(String)
    /// To be sent again later.
    case away(String, retryAfter: Duration?)

    /// Sends a request and judges the answer.
    init(_ client: inout Client, _ request: ClientRequest, within time: Duration?) {
        var request = request
        request.timeout = time
        do throws(ClientError) { self = SpanAnswer(try client.send(request)) } catch {
            let isHopeless = [.malformedRequest, .malformedURL].contains(error.code)
            self = isHopeless ? .refused("\(error)") : .away("\(error)", retryAfter: nil)
        }
    }

    /// Judges an answer.
    init(_ response: ClientResponse) {
        switch response.status {
        case 200..<300: self = .taken(rejected: SpanBody.rejected(response.body))
        case 429, 502, 503, 504:
            self = .away("the receiver answers \(response.status)", retryAfter: response.retryAfter)
        default: self = .refused("the receiver answers \(response.status)")
        }
    }
}
