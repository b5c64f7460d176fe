import Contracts
import Runtime
import Testing

@testable import CLI

/// What a job is said to wait for, from what is known of it.
@Suite struct CLIWhyTests {
    static let now = Timestamp(rfc3339: "2026-11-21T08:00:00Z")!
    static let later = now + .seconds(60)
    static let pause = Why.Pause(actor: "ann", reason: "provider down", since: now)

    struct Example: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let facts: Why.Facts
        let says: String
        var until: Timestamp?
        var advises: String?
    }

    @Test(arguments: [
        Example(testDescription: "success", facts: Why.Facts(state: .succeeded), says: "nothing: it is succeeded"),
        Example(
            testDescription: "death", facts: Why.Facts(state: .dead, reason: "timed-out"),
            says: "nothing: it is dead (timed-out)", advises: "ruche jobs retry"),
        Example(
            testDescription: "an outcome the broker has not confirmed",
            facts: Why.Facts(state: .succeeded, owed: 3, owedNote: "the queue is full"),
            says: "the broker to confirm its event; it is succeeded, the event was tried 3 times: the queue is full"),
        Example(
            testDescription: "a long command that runs",
            facts: Why.Facts(state: .running, holder: "init-server@host/7"),
            says: "its worker: init-server@host/7 runs it", advises: "ruche jobs cancel job-1"),
        Example(
            testDescription: "a long command that waits for its wake-up",
            facts: Why.Facts(state: .running, dueAt: now, cause: "rescued"),
            says: "the relay: it is due (rescued)", advises: "ruche doctor"),
        Example(
            testDescription: "a retry", facts: Why.Facts(state: .waiting, dueAt: later, cause: "retrying: timed-out"),
            says: "its time in the schedule (retrying: timed-out)", until: later, advises: "ruche jobs retry job-1"),
        Example(
            testDescription: "an unknown kind",
            facts: Why.Facts(state: .parked, dueAt: later, cause: "parked: unknown-kind"),
            says: "a worker that knows its kind (parked: unknown-kind)", until: later, advises: "deploy"),
        Example(
            testDescription: "no free slot", facts: Why.Facts(state: .parked, dueAt: later, cause: "parked: no-slot"),
            says: "its time in the schedule (parked: no-slot)", until: later),
        Example(
            testDescription: "a late relay", facts: Why.Facts(state: .waiting, dueAt: now, cause: "replay"),
            says: "the relay: it is due (replay)", advises: "is a relay running"),
        Example(
            testDescription: "a deadline", facts: Why.Facts(dueAt: later, cause: "lease expiry"),
            says: "its time in the schedule (lease expiry)", until: later),
        Example(
            testDescription: "the solo lane",
            facts: Why.Facts(state: .started, queue: Why.Queue(ready: 0, consumers: 1)), says: "it runs alone"),
        Example(testDescription: "no queue", facts: Why.Facts(), says: "`probe` has none", advises: "ruche migrate"),
        Example(
            testDescription: "a pause",
            facts: Why.Facts(pause: pause, queue: Why.Queue(ready: 4, consumers: 0)),
            says: "paused by ann since 2026-11-21T08:00:00.000Z: provider down", advises: "ruche queues resume probe"),
        Example(
            testDescription: "no worker", facts: Why.Facts(queue: Why.Queue(ready: 4, consumers: 0)),
            says: "nobody consumes probe; 4 messages are ready", advises: "start one"),
        Example(
            testDescription: "its turn",
            facts: Why.Facts(state: .waiting, queue: Why.Queue(ready: 4, consumers: 2, unacknowledged: 7)),
            says: "its turn in the queue: 4 messages are ready, 7 are in the hands of workers, 2 consumers"),
        Example(
            testDescription: "perhaps its turn", facts: Why.Facts(queue: Why.Queue(ready: 4, consumers: 2)),
            says: "its turn in the queue, if its publish was confirmed"),
        Example(
            testDescription: "never arrived",
            facts: Why.Facts(queue: Why.Queue(ready: 0, consumers: 2, unacknowledged: 0)),
            says: "nothing here: it never arrived", advises: "publish it again with the same id"),
        Example(
            testDescription: "perhaps never arrived", facts: Why.Facts(queue: Why.Queue(ready: 0, consumers: 2)),
            says: "a worker that has it in hand, or it never arrived", advises: "RABBITMQ_MANAGEMENT_URL"),
    ])
    func itSaysWhatIsWaitedForAndUntilWhen(example: Example) {
        let why = Why(example.facts, id: "job-1", command: "probe", now: Self.now)
        #expect(why.waitsFor.contains(example.says), "\(why.waitsFor)")
        #expect(why.until == example.until)
        if let advice = example.advises { #expect(why.advice?.contains(advice) ?? false, "\(why.advice ?? "")") }
    }
}
