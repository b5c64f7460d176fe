import CCurl

/// A client of HTTP servers.
///
/// **Guarantee.** A request ends within its deadline, whatever the server does; what it returns is a whole answer. No
/// redirect is followed, no proxy is used unless one is set, TLS is always verified, and a body is never larger than
/// ``ClientOptions/answerLimit``.
///
/// **Cost.** One connection a host, kept open between requests. A request that is sent on a kept connection which the
/// server has closed meanwhile goes out once more on a new one: what it asks must bear being done twice.
///
/// Every call blocks its thread. A client may be handed to another thread, and is used by one at a time, which its
/// ownership sees to.
@safe
package struct Client: ~Copyable, @unchecked Sendable {
    // Safe to send: the library binds a handle to no thread, and `mutating` lets one at a time in.
    private let handle: UnsafeMutableRawPointer
    private let options: ClientOptions

    /// Prepares the library, once in a process, and connects to nothing.
    package init(_ options: ClientOptions = ClientOptions()) throws(ClientError) {
        guard Self.isPrepared, let handle = unsafe curl_easy_init() else {
            throw ClientError(.failed, "libcurl could not be set up")
        }
        unsafe self.handle = handle
        self.options = options
    }

    /// Closes its connections.
    deinit { unsafe curl_easy_cleanup(handle) }

    /// Guarded by the language: the first who asks runs it, and all others wait.
    private static let isPrepared = ruche_curl_prepare() == CURLE_OK

    /// Sends a request and waits for its whole answer.
    ///
    /// - Throws: ``ClientError`` when there is none. With `timed-out` and `connection-lost` the server may have done
    ///   what was asked.
    package mutating func send(_ request: ClientRequest) throws(ClientError) -> ClientResponse {
        try request.check()
        // Options go, connections stay.
        unsafe curl_easy_reset(handle)
        let receiver = Receiver(limit: options.answerLimit, isCancelled: request.isCancelled)
        let headers = try HeaderList(request.headers)
        var reason = [CChar](repeating: 0, count: Int(CURL_ERROR_SIZE))
        let code = try perform(request, headers, receiver, &reason)
        guard code == CURLE_OK else {
            if receiver.isOverfull {
                throw ClientError(.answerTooLarge, "the answer has more than \(options.answerLimit) bytes")
            }
            throw Self.error(code, reason)
        }
        // The library is content with a status and an end of the stream.
        guard receiver.isHeadWhole else { throw ClientError(.connectionLost, "the answer was cut in its head") }
        return response(receiver)
    }

    private func perform(
        _ request: ClientRequest, _ headers: borrowing HeaderList, _ receiver: Receiver, _ reason: inout [CChar]
    ) throws(ClientError) -> CURLcode {
        try unsafe Self.check(ruche_curl_set_rules(handle))
        try configure()
        try set(CURLOPT_URL, request.url.text)
        try set(CURLOPT_TIMEOUT_MS, (request.timeout ?? options.timeout).wholeMilliseconds)
        if request.method == "HEAD" { try set(CURLOPT_NOBODY, 1) }
        try authenticate(request.credentials ?? request.url.credentials)
        try unsafe Self.check(ruche_curl_set_pointer(handle, CURLOPT_HTTPHEADER, headers.first))
        try unsafe Self.check(
            ruche_curl_set_sinks(
                handle, Self.receiveHead, Self.receiveBody, Unmanaged.passUnretained(receiver).toOpaque()))
        if request.isCancelled != nil {
            try unsafe Self.check(
                ruche_curl_set_progress(handle, Self.goOn, Unmanaged.passUnretained(receiver).toOpaque()))
        }
        let hasBody = !request.body.isEmpty || ["POST", "PUT", "PATCH"].contains(request.method)
        let handle = unsafe self.handle
        // The library keeps no copy of the body, nor of the place for its reason: both live until it is done.
        let code = unsafe reason.withUnsafeMutableBufferPointer { reason in
            unsafe request.body.withUnsafeBytes { body in
                var code = unsafe ruche_curl_set_pointer(handle, CURLOPT_ERRORBUFFER, reason.baseAddress)
                if code == CURLE_OK, hasBody {
                    code = unsafe ruche_curl_set_body(handle, body.baseAddress, curl_off_t(body.count))
                }
                // After the body, which would make it a POST.
                if code == CURLE_OK {
                    code = unsafe ruche_curl_set_text(handle, CURLOPT_CUSTOMREQUEST, request.method)
                }
                if code == CURLE_OK { code = unsafe curl_easy_perform(handle) }
                _ = unsafe ruche_curl_set_pointer(handle, CURLOPT_ERRORBUFFER, nil)
                return code
            }
        }
        withExtendedLifetime(receiver) {}
        return code
    }

    private func configure() throws(ClientError) {
        try set(CURLOPT_CONNECTTIMEOUT_MS, options.connectTimeout.wholeMilliseconds)
        try set(CURLOPT_USERAGENT, options.userAgent)
        if let file = options.authorityFile { try unsafe Self.check(ruche_curl_set_authority(handle, file)) }
        if let certificate = options.certificate {
            try set(CURLOPT_SSLCERT, certificate.file)
            try set(CURLOPT_SSLKEY, certificate.keyFile)
        }
        if let path = options.socketPath { try set(CURLOPT_UNIX_SOCKET_PATH, path) }
        if let proxy = options.proxy { try set(CURLOPT_PROXY, proxy) }
    }

    private func authenticate(_ credentials: Credentials?) throws(ClientError) {
        switch credentials {
        case .basic(let user, let password): try unsafe Self.check(ruche_curl_set_basic(handle, user, password))
        case .bearer(let token): try unsafe Self.check(ruche_curl_set_bearer(handle, token))
        case nil: break
        }
    }

    private func response(_ receiver: Receiver) -> ClientResponse {
        var status = 0
        var retryAfter: curl_off_t = 0
        _ = unsafe ruche_curl_get_number(handle, CURLINFO_RESPONSE_CODE, &status)
        _ = unsafe ruche_curl_get_size(handle, CURLINFO_RETRY_AFTER, &retryAfter)
        return ClientResponse(
            status: status, headers: receiver.headers, body: receiver.body,
            retryAfter: retryAfter > 0 ? .seconds(retryAfter) : nil)
    }

    private func set(_ option: CURLoption, _ number: Int) throws(ClientError) {
        try unsafe Self.check(ruche_curl_set_number(handle, option, number))
    }

    private func set(_ option: CURLoption, _ text: String) throws(ClientError) {
        try unsafe Self.check(ruche_curl_set_text(handle, option, text))
    }

    private static func check(_ code: CURLcode) throws(ClientError) {
        guard code == CURLE_OK else { throw error(code, []) }
    }

    private static func error(_ code: CURLcode, _ reason: [CChar]) -> ClientError {
        let said = String(decoding: reason.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let name = unsafe curl_easy_strerror(code).map { unsafe String(cString: $0) } ?? "error \(code.rawValue)"
        return ClientError(ClientError.Code(code), said.isEmpty ? name : said)
    }

    private static let receiveHead: ruche_curl_sink = { data, size, count, context in
        guard let receiver = unsafe receiver(context) else { return 0 }
        let line = unsafe UnsafeRawBufferPointer(start: data, count: size * count)
        return unsafe receiver.receiveHead(line) ? size * count : 0
    }

    private static let receiveBody: ruche_curl_sink = { data, size, count, context in
        guard let receiver = unsafe receiver(context) else { return 0 }
        let piece = unsafe UnsafeRawBufferPointer(start: data, count: size * count)
        return unsafe receiver.receiveBody(piece) ? size * count : 0
    }

    private static let goOn: ruche_curl_progress = { context, _, _, _, _ in
        guard let receiver = unsafe receiver(context), receiver.isCancelled?() == true else { return 0 }
        return 1
    }

    private static func receiver(_ context: UnsafeMutableRawPointer?) -> Receiver? {
        guard let context = unsafe context else { return nil }
        return unsafe Unmanaged<Receiver>.fromOpaque(context).takeUnretainedValue()
    }
}

extension Duration {
    /// Rounded up, and at least 1: to the library 0 means without end.
    fileprivate var wholeMilliseconds: Int {
        let (seconds, attoseconds) = components
        return max(
            1,
            Int(clamping: seconds.multipliedReportingOverflow(by: 1000).partialValue)
                + Int((attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000))
    }
}
