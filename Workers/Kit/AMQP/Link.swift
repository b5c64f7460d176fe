import CRabbitMQ
import Glibc

/// One connection to the broker, for one thread: frames in, methods out. It decides nothing.
///
/// Reading never blocks. Sending blocks while the socket is full; `isWritable` says beforehand, and the watchdog ends
/// it.
final class Link {
    /// Frames are negotiated to this size at most.
    static let frameSize: Int32 = 131_072
    /// Up to so many frames, four deliveries, come one by one rather than in a flood.
    private static let trickle = 12

    let handle: LinkHandle
    let broker: Broker
    let watch: Watch
    /// How often the library must be called, at least.
    let pulse: Duration
    let descriptor: Int32
    var assembler: FrameAssembler
    var arena = WireArena()
    /// Whether nothing can be there: the last sleep found the socket empty, and was ended by something else.
    private var isEmpty = false
    /// Frames since nothing was there.
    private var burst = 0
    private let isEncrypted: Bool
    private var hasRead = false
    private var lastRead = MonotonicClock.now
    private var lastBeat = MonotonicClock.now
    private var lastCall = MonotonicClock.now

    /// Connects and logs in. Takes `connectionTimeout` at most, after the name is resolved.
    init(_ uri: AMQPURI, host: AMQPURI.Host, name: String, bodyLimit: Int = .max) throws(AMQPError) {
        assembler = FrameAssembler(bodyLimit: bodyLimit)
        isEncrypted = uri.tls != nil
        let handle = try LinkHandle()
        let deadline = MonotonicClock.now + uri.connectionTimeout
        try Self.connect(handle, uri, host)
        descriptor = unsafe amqp_get_sockfd(handle.state)
        Self.tune(descriptor, heartbeat: uri.heartbeat)
        watch = Watch(descriptor: descriptor, limit: max(uri.heartbeat * 3, .seconds(30), uri.connectionTimeout * 2))
        Watchdog.shared.add(watch)
        watch.enter()
        do throws(AMQPError) {
            let left = max(deadline - MonotonicClock.now, .milliseconds(100))
            broker = try Self.login(handle, uri, host, name, within: left)
        } catch {
            Watchdog.shared.remove(watch)
            throw error
        }
        let seconds = unsafe amqp_get_heartbeat(handle.state)
        pulse = seconds > 0 ? min(.seconds(seconds) / 4, .seconds(5)) : .seconds(5)
        self.handle = handle
    }

    // The descriptor is closed with the handle, after this: the watchdog must not know it any more by then.
    deinit { Watchdog.shared.remove(watch) }

    /// The next thing from the broker, or `nil` when there is nothing more. Sends heartbeats when they are due.
    ///
    /// - Throws: `connectionLost` when it ended, with the broker's reply code when it said why.
    func next() throws(AMQPError) -> Inbound? {
        if isEmpty || isProbablyEmpty {
            (isEmpty, burst) = (false, 0)
            return nil
        }
        var none = timeval()
        while true {
            var frame = unsafe amqp_frame_t()
            let status = unsafe amqp_simple_wait_frame_noblock(handle.state, &frame, &none)
            if status == AMQP_STATUS_TIMEOUT.rawValue {
                burst = 0
                return nil
            }
            guard status == AMQP_STATUS_OK.rawValue else { throw failure(status, "reading") }
            hasRead = true
            burst += 1
            let channel = unsafe frame.channel
            let inbound: Inbound?
            do throws(AMQPError) {
                inbound = unsafe try assembler.take(frame)
            } catch {
                if error.code == .connectionLost { acknowledgeClose() }
                throw error
            }
            // Everything was copied: the library may use its memory again.
            unsafe amqp_maybe_release_buffers_on_channel(handle.state, channel)
            if case .channelClosed(let channel, _, _) = inbound { try acknowledgeClose(of: channel) }
            if let inbound { return inbound }
        }
    }

    /// Whether a few frames were read and the library has no more bytes. The socket may have some again, but asking it
    /// costs two system calls, and whoever sleeps next asks it anyway. In a flood it is asked: more comes at a time.
    private var isProbablyEmpty: Bool {
        guard (1...Self.trickle).contains(burst), !isEncrypted else { return false }
        return unsafe amqp_frames_enqueued(handle.state) == 0 && amqp_data_in_buffer(handle.state) == 0
    }

    /// Shows the broker that we are there, and looks whether it is, while nothing is read. `next` does both by itself.
    func keepAlive() throws(AMQPError) {
        var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        if unsafe poll(&entry, 1, 0) > 0, entry.revents & Int16(POLLIN) != 0 { hasRead = true }
        let now = MonotonicClock.now
        guard now - lastBeat >= pulse else { return }
        lastBeat = now
        var frame = unsafe amqp_frame_t()
        unsafe frame.frame_type = UInt8(AMQP_FRAME_HEARTBEAT)
        let status = unsafe amqp_send_frame(handle.state, &frame)
        guard status == AMQP_STATUS_OK.rawValue else { throw failure(status, "sending a heartbeat") }
    }

    /// Sleeps until the broker sends (if `readable` is asked for), `signal` is raised, the socket takes bytes again (if
    /// asked), or the time is over.
    func sleep(upTo limit: Duration, signal: WakeSignal? = nil, readable: Bool = true, writable: Bool = false) {
        // Frames that the library has read already wake no poll.
        if readable, unsafe amqp_frames_enqueued(handle.state) != 0 || amqp_data_in_buffer(handle.state) != 0 { return }
        watch.leave()
        defer { watch.enter() }
        var entries = [
            pollfd(fd: descriptor, events: Int16((readable ? POLLIN : 0) | (writable ? POLLOUT : 0)), revents: 0),
            pollfd(fd: signal?.descriptor ?? -1, events: Int16(POLLIN), revents: 0),
        ]
        _ = unsafe poll(&entries, 2, min(limit, pulse).milliseconds)
        if entries[0].revents & Int16(POLLIN) != 0 { hasRead = true }
        guard entries[1].revents != 0 else { return }
        signal?.clear()
        // The library beats when it is called: now and then it must be, however often something else ends the sleep.
        let now = MonotonicClock.now
        isEmpty = readable && entries[0].revents == 0 && now - lastCall < pulse
        if !isEmpty { lastCall = now }
    }

    /// When bytes last came. Call it once a round: the clock is read here, not once a frame.
    var lastFrameAt: Duration {
        if hasRead {
            hasRead = false
            lastRead = MonotonicClock.now
        }
        return lastRead
    }

    /// Whether the socket takes more bytes without blocking.
    var isWritable: Bool {
        var entry = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        return unsafe poll(&entry, 1, 0) > 0 && entry.revents & Int16(POLLOUT) != 0
    }

    /// Holds small packets back until `cork(false)`: a batch leaves in full segments.
    func cork(_ isOn: Bool) {
        var value: Int32 = isOn ? 1 : 0
        unsafe setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_CORK, &value, socklen_t(MemoryLayout<Int32>.size))
    }

    /// Sends a method without waiting for its answer.
    func send<Method>(_ id: UInt32, _ method: Method, on channel: UInt16) throws(AMQPError) {
        var method = method
        let status = unsafe withUnsafeMutablePointer(to: &method) {
            unsafe amqp_send_method(handle.state, channel, id, $0)
        }
        guard status == AMQP_STATUS_OK.rawValue else { throw failure(status, "sending") }
    }

    /// Waits for the answer to a synchronous method; everything else goes to `other`.
    ///
    /// - Throws: `timeout`; the channel's error when the broker closes it; `connectionLost`.
    func reply(
        on channel: UInt16, within limit: Duration, other: (Inbound) -> Void = { _ in }
    ) throws(AMQPError) -> Inbound.Reply {
        let deadline = MonotonicClock.now + limit
        while true {
            while let inbound = try next() {
                switch inbound {
                case .reply(channel, let reply): return reply
                case .channelClosed(channel, let error, _): throw error
                default: other(inbound)
                }
            }
            let left = deadline - MonotonicClock.now
            if left <= .zero { throw AMQPError(.timeout, "the broker did not answer within \(limit)") }
            sleep(upTo: left)
        }
    }

    /// Says goodbye, waiting for each answer at most `limit`. Errors are of no interest any more.
    func close(channels: [UInt16], within limit: Duration) {
        var time = limit.timeval
        unsafe amqp_set_rpc_timeout(handle.state, &time)
        for channel in channels {
            let reply = unsafe amqp_channel_close(handle.state, channel, AMQP_REPLY_SUCCESS)
            if unsafe reply.reply_type != AMQP_RESPONSE_NORMAL { break }
        }
        _ = unsafe amqp_connection_close(handle.state, AMQP_REPLY_SUCCESS)
    }

    private func acknowledgeClose() {
        try? send(AMQP_CONNECTION_CLOSE_OK_METHOD, amqp_connection_close_ok_t(), on: 0)
    }

    private func acknowledgeClose(of channel: UInt16) throws(AMQPError) {
        try send(AMQP_CHANNEL_CLOSE_OK_METHOD, amqp_channel_close_ok_t(), on: channel)
    }

    func failure(_ status: Int32, _ doing: String, file: String = #fileID, line: Int = #line) -> AMQPError {
        let reason = watch.hasFired ? "the watchdog ended a call that hung" : Self.text(of: status)
        return AMQPError(.connectionLost, "while \(doing): \(reason)", file: file, line: line)
    }

    static func text(of status: Int32) -> String {
        guard let text = unsafe amqp_error_string2(status) else { return "error \(status)" }
        let said = unsafe String(cString: text)
        switch status {
        case AMQP_STATUS_SSL_ERROR.rawValue, AMQP_STATUS_SSL_CONNECTION_FAILED.rawValue:
            return "\(said): \(tlsReason ?? "the peer hung up")"
        default: return said
        }
    }

    /// Why TLS just failed in this thread; nil when the peer hung up.
    static var tlsReason: String? {
        guard let reason = unsafe ruche_tls_reason() else { return nil }
        return unsafe String(cString: reason)
    }
}
