import CRabbitMQ

/// Owns the library's connection and its socket: both end exactly once.
@safe
struct LinkHandle: ~Copyable {
    let state: amqp_connection_state_t

    init() throws(AMQPError) {
        guard let state = unsafe amqp_new_connection() else {
            throw AMQPError(.protocolViolation, "no memory for a connection")
        }
        unsafe self.state = state
    }

    deinit { unsafe amqp_destroy_connection(state) }
}
