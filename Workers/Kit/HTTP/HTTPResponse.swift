/// What a handler answers.
package struct HTTPResponse: Sendable {
    /// 200 to 599.
    package var status: Int
    /// Sent as they are, beside those that HTTP itself needs.
    package var headers: HTTPHeaders
    /// Sent with its length; left out of the answer to HEAD by the server.
    package var body: [UInt8]

    package init(status: Int, headers: HTTPHeaders = [:], body: [UInt8] = []) {
        precondition((200...599).contains(status), "a final status is 200 to 599")
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// Plain UTF-8 text.
    package static func text(_ text: String, status: Int = 200) -> HTTPResponse {
        HTTPResponse(status: status, headers: ["Content-Type": "text/plain; charset=utf-8"], body: Array(text.utf8))
    }
}
