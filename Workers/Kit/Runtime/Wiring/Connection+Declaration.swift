package import AMQP
package import Contracts

extension AMQP.Connection {
    /// Declares what the wire contract says. A queue that exists with other arguments is an error, never changed.
    package func declare(_ declaration: Declaration) throws(AMQPError) {
        switch declaration {
        case .exchange(let name, let type):
            try declareExchange(name, kind: type, durable: true)
        case .queue(let name, let arguments):
            var headers = Headers()
            for argument in arguments { headers[argument.name] = .string(argument.value) }
            _ = try declareQueue(name, durable: true, exclusive: false, autoDelete: false, arguments: headers)
        case .binding(let queue, let exchange, let routingKey):
            try bind(queue: queue, exchange: exchange, routingKey: routingKey)
        }
    }
}
