import Glibc

/// Consumes queues over a connection of its own that lives on a thread of its own.
///
/// It declares nothing. Whatever ends (connection, channel, consumer) begins again with exponential backoff of at most
/// 5 s; a queue that does not exist is asked for again and again, and the others are not disturbed. Deliveries wait
/// inside, at most `prefetch` a queue, until `take` fetches them in batches; handlers never run on the connection's
/// thread, so heartbeats never starve. Cost: one lock a batch, about a microsecond of CPU a delivery.
public final class Consumer: Sendable {
    let core: ConsumerCore

    /// A consumer; nothing happens before `start`.
    ///
    /// - Parameters:
    ///   - name: shown by the broker as the connection's name and the consumers' tag.
    ///   - queues: the queues to consume, each on a channel of its own.
    ///   - prefetch: the most unsettled deliveries a queue, 1 to 65,535.
    ///   - bodyLimit: how much of a body is kept, in bytes. A longer one is delivered cut, with its true `bodySize`:
    ///     what one message takes in memory is bounded, whatever a producer sends.
    ///   - byteLimit: about how many bytes the unsettled deliveries may take in memory. Beyond it nothing more is read,
    ///     and the broker waits, until some are settled: heartbeats go on.
    ///   - renewal: how long a queue may deliver nothing before its consumer is started anew, on another channel. The
    ///     broker may forget a consumer without a word (seen with RabbitMQ 3.10 when a quorum queue is deleted while it
    ///     is busy with the consumer, and declared anew), and nothing in AMQP tells. While deliveries are unsettled the
    ///     channel stays.
    ///   - onEvent: called on the thread that notices the event; it must return quickly and not call back into `close`.
    public init(
        uri: AMQPURI, name: String, queues: [String], prefetch: Int, bodyLimit: Int = .max,
        byteLimit: Int = 33_554_432, renewal: Duration = .seconds(60),
        onEvent: @escaping @Sendable (AMQPEvent) -> Void = { _ in }
    ) {
        precondition((1...65_535).contains(prefetch), "a prefetch is 1 to 65,535")
        precondition(bodyLimit >= 0, "a limit is no less than nothing")
        core = ConsumerCore(
            uri: uri, name: name, queues: queues, prefetch: prefetch, bodyLimit: bodyLimit, byteLimit: byteLimit,
            renewal: renewal, onEvent: onEvent)
    }

    // A forgotten consumer must not consume for ever.
    deinit { core.requestStop(within: .zero) }

    /// Starts the thread. Further calls do nothing.
    public func start() { core.start() }

    /// Fetches what is there from the queue whose oldest delivery is oldest, at most `limit`, without waiting for
    /// company, and no more than take about `bytes` in memory, though one at least.
    ///
    /// Several threads may take: each delivery goes to one. Sleeps at most `duration` while nothing is there.
    /// - Returns: `nil` when nothing came in time, after `wake`, and at once when the consumer is closed.
    public func take(upTo limit: Int, bytes: Int = .max, waitingUpTo duration: Duration) -> Deliveries? {
        guard let items = core.take(upTo: max(1, limit), bytes: bytes, waitingUpTo: duration) else { return nil }
        return Deliveries(items, sink: core)
    }

    /// Makes every waiting `take` return `nil`, or the next one when none waits.
    public func wake() { core.wake() }

    /// Stops deliveries from a queue. What has come stays: `take` hands it out, and it can be settled.
    public func pause(queue: String) { core.want(false, queue: queue) }

    /// Consumes a paused queue again.
    public func resume(queue: String) { core.want(true, queue: queue) }

    /// Pauses every queue.
    public func pause() { core.want(false, queue: nil) }

    /// Resumes every queue.
    public func resume() { core.want(true, queue: nil) }

    /// Requeues what came and was not taken yet. Pause first, or more comes.
    public func returnUndelivered() { core.returnUndelivered() }

    /// Ends the consumers, requeues what was not taken, waits for the taken batches to be settled, sends every
    /// settlement, closes channels and connection, and ends the thread.
    ///
    /// What is not settled within `limit` is requeued by closing. Returns at latest about a second after `limit`, even
    /// when the thread hangs. Further calls wait for the same end.
    public func close(within limit: Duration) { core.close(within: limit) }

    /// What was delivered from each queue and is not settled, by the queue's name. One lock.
    public var unsettled: [String: Int] { core.unsettled }

    /// The present state. One lock; call it as often as a probe asks.
    public var status: ConsumerStatus { core.status }
}
