import Synchronization

/// A small HTTP/1.1 server for health checks, metrics and short answers.
///
/// One thread (libmicrohttpd on epoll) reads every connection and runs the handler, so a handler that blocks holds up
/// all of them: it answers from memory. A request that could be read in two ways (repeated Content-Length,
/// Content-Length beside Transfer-Encoding, malformed names, an unknown method …) is answered with 400 and its
/// connection closed before any handler sees it. No TLS: put a proxy in front where the network is not trusted.
package final class HTTPServer: Sendable {
    /// The port in use, also when any was asked for.
    package let port: UInt16

    private let daemon: Mutex<Daemon?>

    /// Listens, and answers from now on.
    ///
    /// - Parameters:
    ///   - address: an IPv4 or IPv6 literal; `::` takes IPv4 too.
    ///   - port: 0 for any free port.
    ///   - limits: what a client may take.
    ///   - handler: answers a request, on the server's thread; the body is whole and bounded.
    /// - Throws: `malformedAddress`, `addressInUse`, `addressNotAvailable`, `permissionDenied` or `cannotStart`.
    package init(
        address: String = "127.0.0.1", port: UInt16, limits: HTTPLimits = HTTPLimits(),
        handler: @escaping @Sendable (HTTPRequest) -> HTTPResponse
    ) throws(HTTPError) {
        let listener = try Listener(address: address, port: port)
        self.port = listener.port
        daemon = Mutex(try Daemon(listener, limits: limits, dispatcher: Dispatcher(limits: limits, handler: handler)))
    }

    /// Waits for the handler that is running, then closes every connection and the port. A second call does nothing.
    ///
    /// Not to be called from a handler, which would wait for itself.
    package func stop() {
        let stopped = daemon.withLock { $0.take() }
        _ = consume stopped
    }
}
