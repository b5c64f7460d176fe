package import AMQP

extension Logger {
    /// Tells what a consumer or a publisher reports of its connection.
    package func note(_ event: AMQPEvent) {
        switch event {
        case .connected(let broker):
            let name = "\(broker.product) \(broker.version) at \(broker.address)"
            info("connected to the broker", [(.broker, .string(name))])
        case .disconnected(let error): warning("the broker is away", [(.error, .string("\(error)"))])
        case .blocked(let reason): warning("the broker blocks publishers", [(.reason, .string(reason))])
        case .unblocked: info("the broker takes messages again")
        case .consumerCancelled(let queue): warning("a consumer was cancelled", [(.queue, .string(queue))])
        case .unsettledBatch(let count): warning("a batch was handed back unsettled", [(.count, .int(count))])
        case .staleSettlements(let count): debug("settlements of a lost connection", [(.count, .int(count))])
        case .consuming(let queue): info("consuming", [(.queue, .string(queue))])
        case .channelClosed(let queue, let error):
            warning("the broker closed a channel", [(.queue, .string(queue ?? "")), (.error, .string("\(error)"))])
        case .channelRenewed: info("the broker refused messages on a channel, which was changed for a new one")
        case .stuck: error("the broker's connection hung and was cut")
        }
    }
}
