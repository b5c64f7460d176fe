import CRabbitMQ
import Glibc

extension Link {
    static func connect(_ handle: borrowing LinkHandle, _ uri: AMQPURI, _ host: AMQPURI.Host) throws(AMQPError) {
        var time = uri.connectionTimeout.timeval
        unsafe amqp_set_handshake_timeout(handle.state, &time)
        unsafe amqp_set_rpc_timeout(handle.state, &time)
        let socket: OpaquePointer?
        if let tls = uri.tls {
            unsafe socket = try secureSocket(handle, tls)
        } else {
            unsafe socket = amqp_tcp_socket_new(handle.state)
        }
        guard let socket = unsafe socket else { throw AMQPError(.protocolViolation, "no memory for a socket") }
        errno = 0
        let status = unsafe amqp_socket_open_noblock(socket, host.name, Int32(host.port), &time)
        guard status != AMQP_STATUS_OK.rawValue else {
            if uri.tls != nil { try awaitRefusal(handle, host) }
            return
        }
        let reason = errno
        switch status {
        case AMQP_STATUS_SSL_HOSTNAME_VERIFY_FAILED.rawValue where isAddress(host.name):
            throw AMQPError(.tls, "\(host): \(text(of: status)); connect by a name, an address cannot be verified")
        case AMQP_STATUS_SSL_HOSTNAME_VERIFY_FAILED.rawValue, AMQP_STATUS_SSL_PEER_VERIFY_FAILED.rawValue:
            throw AMQPError(.tls, "\(host): \(text(of: status))")
        case AMQP_STATUS_SSL_ERROR.rawValue, AMQP_STATUS_SSL_CONNECTION_FAILED.rawValue:
            // A broker that goes away in the middle of the handshake is not there; it has refused nothing.
            throw AMQPError(tlsReason == nil ? .unreachable : .tls, "\(host): \(text(of: status))")
        case AMQP_STATUS_SOCKET_ERROR.rawValue where reason != 0 && reason != EINPROGRESS:
            throw AMQPError(.unreachable, "\(host): \(unsafe String(cString: strerror(reason)))")
        default: throw AMQPError(.unreachable, "\(host): \(text(of: status))")
        }
    }

    private static func isAddress(_ name: String) -> Bool {
        var address = in6_addr()
        return unsafe inet_pton(AF_INET, name, &address) == 1 || inet_pton(AF_INET6, name, &address) == 1
    }

    /// Listens for a moment before the first word.
    ///
    /// With TLS 1.3 a broker judges the client's certificate when the client has done with the handshake. RabbitMQ says
    /// why it refuses it and resets the connection; whoever writes into the reset never reads the reason. On a longer
    /// way than this moment the write is out before.
    private static func awaitRefusal(_ handle: borrowing LinkHandle, _ host: AMQPURI.Host) throws(AMQPError) {
        var moment = Duration.milliseconds(5).timeval
        var frame = unsafe amqp_frame_t()
        let status = unsafe amqp_simple_wait_frame_noblock(handle.state, &frame, &moment)
        if status == AMQP_STATUS_TIMEOUT.rawValue || status == AMQP_STATUS_OK.rawValue { return }
        throw AMQPError(code(afterHandshake: status), "\(host) after the TLS handshake: \(text(of: status))")
    }

    private static func code(afterHandshake status: Int32) -> AMQPError.Code {
        switch status {
        case AMQP_STATUS_TIMEOUT.rawValue: .timeout
        case AMQP_STATUS_SSL_ERROR.rawValue where tlsReason != nil: .tls
        default: .connectionLost
        }
    }

    private static func secureSocket(
        _ handle: borrowing LinkHandle, _ tls: AMQPURI.TLS
    ) throws(AMQPError) -> OpaquePointer? {
        guard let socket = unsafe amqp_ssl_socket_new(handle.state) else {
            throw AMQPError(.tls, "no memory for a TLS socket")
        }
        unsafe amqp_ssl_socket_set_verify_peer(socket, tls.verify ? 1 : 0)
        unsafe amqp_ssl_socket_set_verify_hostname(socket, tls.verify ? 1 : 0)
        guard unsafe amqp_ssl_socket_set_ssl_versions(socket, AMQP_TLSv1_2, AMQP_TLSvLATEST) == 0 else {
            throw AMQPError(.tls, "the TLS library has no TLS 1.2")
        }
        let authorities = tls.authorities ?? (tls.verify ? "/etc/ssl/certs/ca-certificates.crt" : nil)
        if let authorities, unsafe amqp_ssl_socket_set_cacert(socket, authorities) != 0 {
            throw AMQPError(.tls, "the authorities cannot be read from \(authorities)")
        }
        if let certificate = tls.certificate, let key = tls.key {
            guard unsafe amqp_ssl_socket_set_key(socket, certificate, key) == 0 else {
                throw AMQPError(.tls, "the client's certificate and key cannot be used: \(certificate), \(key)")
            }
        }
        return unsafe socket
    }

    /// A dead peer must be noticed even by a thread that only writes.
    static func tune(_ descriptor: Int32, heartbeat: Duration) {
        func set(_ level: Int32, _ option: Int32, _ value: Int32) {
            var value = value
            unsafe setsockopt(descriptor, level, option, &value, socklen_t(MemoryLayout<Int32>.size))
        }
        let tcp = Int32(IPPROTO_TCP)
        set(tcp, TCP_NODELAY, 1)
        set(SOL_SOCKET, SO_KEEPALIVE, 1)
        set(tcp, TCP_KEEPIDLE, 10)
        set(tcp, TCP_KEEPINTVL, 5)
        set(tcp, TCP_KEEPCNT, 3)
        set(tcp, TCP_USER_TIMEOUT, heartbeat > .zero ? max((heartbeat * 2).milliseconds, 5_000) : 30_000)
    }

    static func login(
        _ handle: borrowing LinkHandle, _ uri: AMQPURI, _ host: AMQPURI.Host, _ name: String, within limit: Duration
    ) throws(AMQPError) -> Broker {
        var time = limit.timeval
        unsafe amqp_set_handshake_timeout(handle.state, &time)
        unsafe amqp_set_rpc_timeout(handle.state, &time)
        var arena = WireArena()
        var properties = unsafe arena.table(clientProperties(name))
        let heartbeat = Int32(clamping: uri.heartbeat.components.seconds)
        let reply = unsafe ruche_amqp_login(
            handle.state, uri.virtualHost, Int32(uri.channelMax), frameSize, heartbeat, &properties, uri.username,
            uri.currentPassword)
        switch unsafe reply.reply_type {
        case AMQP_RESPONSE_NORMAL: break
        case AMQP_RESPONSE_SERVER_EXCEPTION: throw unsafe refusal(reply, host)
        default:
            let status = unsafe reply.library_error
            throw AMQPError(code(afterHandshake: status), "\(host) while logging in: \(text(of: status))")
        }
        return unsafe broker(amqp_get_server_properties(handle.state), host)
    }

    private static func refusal(_ reply: amqp_rpc_reply_t, _ host: AMQPURI.Host) -> AMQPError {
        guard unsafe reply.reply.id == AMQP_CONNECTION_CLOSE_METHOD, let raw = unsafe reply.reply.decoded else {
            return AMQPError(.protocolViolation, "\(host): an unexpected answer to the login")
        }
        let close = unsafe raw.assumingMemoryBound(to: amqp_connection_close_t.self)
        let text = unsafe WireDecoder.text(close.pointee.reply_text)
        let replyCode = unsafe close.pointee.reply_code
        // 403 answers the credentials; what comes later in the handshake answers connection.open (class 10, method 40).
        let isOpening = unsafe close.pointee.class_id == 10 && close.pointee.method_id == 40
        let code: AMQPError.Code =
            switch replyCode {
            case 530: .virtualHostRefused
            case 403: isOpening ? .virtualHostRefused : .authenticationFailed
            default: .connectionLost
            }
        return AMQPError(code, "\(host): \(text)", replyCode: replyCode)
    }

    private static func clientProperties(_ name: String) -> Headers {
        [
            "product": "Ruche", "version": "1", "platform": "Swift, librabbitmq", "connection_name": .string(name),
            "capabilities": .table([
                "consumer_cancel_notify": true, "connection.blocked": true, "publisher_confirms": true,
                "basic.nack": true, "exchange_exchange_bindings": true, "authentication_failure_close": true,
            ]),
        ]
    }

    private static func broker(_ properties: UnsafeMutablePointer<amqp_table_t>?, _ host: AMQPURI.Host) -> Broker {
        var decoder = WireDecoder()
        let said = unsafe properties.map { unsafe decoder.headers($0.pointee) } ?? Headers()
        var capabilities: Set<String> = []
        if case .table(let table) = said["capabilities"] {
            for entry in table where entry.value == .bool(true) { capabilities.insert(entry.name) }
        }
        return Broker(
            product: said["product"]?.stringValue ?? "",
            version: Broker.Version(parsing: said["version"]?.stringValue ?? ""),
            clusterName: said["cluster_name"]?.stringValue ?? "", capabilities: capabilities, address: host)
    }
}
