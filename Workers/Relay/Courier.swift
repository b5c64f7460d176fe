import AMQP
import Runtime

/// Publishes a batch and waits for the broker's answers, for a bounded time.
///
/// Lives on one thread, with a publisher of its own: nobody else reads its reports.
final class Courier {
    private let publisher: Publisher
    private let patience: Duration
    private var nextToken: UInt64 = 1
    #if FAULTS
    /// Reached when a batch is on the wire.
    var point: FaultPoint?

    /// Cuts the connection.
    func cut() { publisher.cut() }
    #endif

    /// - Parameter patience: the longest wait for the answers to one batch.
    init(publisher: Publisher, patience: Duration = .seconds(10)) {
        self.publisher = publisher
        self.patience = patience
    }

    /// Whether a batch can go out now: the broker is there and takes messages, and nothing of an earlier batch is open.
    var isReady: Bool {
        let status = publisher.status
        return status.connected && status.blocked == nil && publisher.backlog == 0
    }

    /// Publishes the messages and returns what became of each, in their order. What the broker has not answered in time
    /// is ``PublishOutcome/unknown``; an answer that comes later is of no interest any more.
    func deliver(_ messages: [OutgoingMessage]) -> [PublishOutcome] {
        guard !messages.isEmpty else { return [] }
        let first = nextToken
        nextToken += UInt64(messages.count)
        var numbered = messages
        for place in numbered.indices { numbered[place].token = first + UInt64(place) }
        publisher.publish(numbered)
        #if FAULTS
        if let point, Faults.isPlanned(point, .after) {
            publisher.awaitSent()
            if Faults.reach(point, .after) { publisher.cut() }
        }
        #endif

        var answers = Answers(first: first, count: messages.count)
        let deadline = Monotonic.now + patience
        while answers.open > 0 {
            let left = deadline - Monotonic.now
            guard left > .zero else { break }
            answers.note(publisher.waitForReports(upTo: left))
        }
        return answers.outcomes
    }
}

/// The answers to one batch, told by their tokens from those to earlier ones.
struct Answers {
    private let first: UInt64
    private(set) var outcomes: [PublishOutcome]
    private var isAnswered: [Bool]
    /// Messages without an answer.
    private(set) var open: Int

    init(first: UInt64, count: Int) {
        self.first = first
        outcomes = Array(repeating: .unknown, count: count)
        isAnswered = Array(repeating: false, count: count)
        open = count
    }

    mutating func note(_ reports: [PublishReport]) {
        for report in reports where report.token >= first && report.token - first < UInt64(outcomes.count) {
            let place = Int(report.token - first)
            guard !isAnswered[place] else { continue }
            isAnswered[place] = true
            outcomes[place] = report.outcome
            open -= 1
        }
    }
}
