import CMicrohttpd
import Glibc

/// The library's server and its thread, stopped when dropped.
@safe
struct Daemon: ~Copyable, @unchecked Sendable {
    // Safe to send: the library guards its own state, and only `deinit` uses the handle.
    private let handle: OpaquePointer
    private let dispatcher: Unmanaged<Dispatcher>

    /// Starts the thread. The dispatcher lives at least as long as it.
    init(_ listener: consuming Listener, limits: HTTPLimits, dispatcher: Dispatcher) throws(HTTPError) {
        let retained = unsafe Unmanaged.passRetained(dispatcher)
        let descriptor = listener.handOver()
        let started = unsafe ruche_http_start(
            descriptor, Self.access, Self.completed, Self.requestLine, Self.unescape, retained.toOpaque(),
            UInt32(clamping: limits.connections), UInt32(clamping: limits.idleTimeout.components.seconds),
            limits.headSize)
        guard let handle = unsafe started else {
            // The socket is not taken over by a server that never started.
            unsafe retained.release()
            Listener.close(descriptor)
            throw HTTPError(.cannotStart, "the HTTP server's thread could not be started")
        }
        unsafe self.handle = handle
        unsafe self.dispatcher = retained
    }

    /// Waits for the handler that is running, closes every connection, ends the thread.
    deinit {
        unsafe MHD_stop_daemon(handle)
        unsafe dispatcher.release()
    }

    /// Called with the target as it came, before the library takes it apart; the result travels with the request.
    private static let requestLine:
        @convention(c) (UnsafeMutableRawPointer?, UnsafePointer<CChar>?, OpaquePointer?) -> UnsafeMutableRawPointer? = {
            _, target, _ in
            let text = unsafe target.flatMap { unsafe String(validatingCString: $0) }
            return unsafe Unmanaged.passRetained(Exchange(target: text)).toOpaque()
        }

    /// Leaves escapes alone: the library would cut a path short at `%00`.
    private static let unescape:
        @convention(c) (UnsafeMutableRawPointer?, OpaquePointer?, UnsafeMutablePointer<CChar>?) -> Int = { _, _, text in
            unsafe text.map { unsafe strlen($0) } ?? 0
        }

    private static let completed:
        @convention(c) (
            UnsafeMutableRawPointer?, OpaquePointer?, UnsafeMutablePointer<UnsafeMutableRawPointer?>?,
            MHD_RequestTerminationCode
        ) -> Void = { _, _, slot, _ in
            guard let exchange = unsafe slot?.pointee else { return }
            unsafe Unmanaged<Exchange>.fromOpaque(exchange).release()
            unsafe slot!.pointee = nil
        }

    private static let access: MHD_AccessHandlerCallback = {
        context, connection, _, method, version, data, size, slot in
        guard let context = unsafe context, let connection = unsafe connection, let size = unsafe size,
            let method = unsafe method, let version = unsafe version, let state = unsafe slot?.pointee
        else { return .NO }
        let dispatcher = unsafe Unmanaged<Dispatcher>.fromOpaque(context).takeUnretainedValue()
        let exchange = unsafe Unmanaged<Exchange>.fromOpaque(state).takeUnretainedValue()
        guard let head = exchange.head else {
            return unsafe dispatcher.begin(
                exchange, method: String(cString: method), version: String(cString: version), on: connection)
        }
        guard unsafe size.pointee > 0 else { return unsafe dispatcher.finish(exchange, head, on: connection) }
        let piece = unsafe UnsafeRawBufferPointer(start: data, count: size.pointee)
        unsafe size.pointee = 0
        return unsafe dispatcher.receive(piece, for: exchange)
    }
}
