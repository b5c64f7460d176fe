/// What one server gives a client at most.
package struct HTTPLimits: Sendable {
    /// Bytes of a request's body; more is answered with 413.
    package var bodySize: Int
    /// Bytes of memory a connection has for its request line and headers; more is answered with 413, 414 or 431.
    package var headSize: Int
    /// Open connections; one more waits, unaccepted, until another is closed.
    package var connections: Int
    /// How long a connection may stay silent before it is closed; whole seconds, at least one.
    package var idleTimeout: Duration

    /// Fit for health checks and a small API: 1 MiB of body, 32 KiB of head, 256 connections, 30 s.
    package init(
        bodySize: Int = 1 << 20, headSize: Int = 32 << 10, connections: Int = 256, idleTimeout: Duration = .seconds(30)
    ) {
        precondition(bodySize >= 0 && headSize >= 1024 && connections > 0 && idleTimeout >= .seconds(1))
        self.bodySize = bodySize
        self.headSize = headSize
        self.connections = connections
        self.idleTimeout = idleTimeout
    }
}
