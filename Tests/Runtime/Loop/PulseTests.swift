import Synchronization
import Testing

@testable import Runtime

/// Lets the clock go on, which is what is measured here: nothing is waited for.
private func letTimePass(_ milliseconds: Int) {
    Stop().wait(for: .milliseconds(milliseconds))
}

/// The signs of life that liveness reads.
@Suite struct PulseTests {
    /// How long the pulse is silent just after `act`, and the longest it may be if the act was a sign of life.
    private func silence(of pulse: Pulse, after act: (Pulse) -> Void) -> (is: Duration, atMost: Duration) {
        letTimePass(30)
        let before = Monotonic.now
        act(pulse)
        let silence = pulse.silence
        return (silence, .now - before)
    }

    @Test("A beat is a sign of life, in an idle loop and inside a batch", arguments: [false, true])
    func beat(isBusy: Bool) {
        let pulse = Pulse()
        if isBusy { pulse.begin() }
        let silence = silence(of: pulse) { $0.beat() }
        #expect(silence.is <= silence.atMost)
    }

    @Test("So are the begin and the end of a batch")
    func batch() {
        let pulse = Pulse()
        let begun = silence(of: pulse) { $0.begin() }
        #expect(begun.is <= begun.atMost)
        let ended = silence(of: pulse) { $0.end() }
        #expect(ended.is <= ended.atMost)
    }

    @Test("Without one the silence grows, and a long batch is silent from its last beat on")
    func silent() {
        let pulse = Pulse()
        pulse.begin()
        pulse.beat()
        letTimePass(30)
        #expect(pulse.silence >= .milliseconds(30))
    }

    @Test("A loop that has ended is not missed, whether it ended idle or in a batch", arguments: [false, true])
    func finished(isBusy: Bool) {
        let pulse = Pulse()
        if isBusy { pulse.begin() }
        pulse.finish()
        letTimePass(5)
        #expect(pulse.silence == .zero)
    }
}

/// The clock that a batch runs against.
@Suite struct WatchdogTests {
    @Test("It fires once the time of a batch is over, and not for the next batch")
    func fires() {
        let stop = Stop()
        let watchdog = Watchdog()
        let thread = Thread.start(name: "watchdog") { watchdog.run(until: stop) }
        var hasFired = false
        for _ in 1...100 where !hasFired {
            watchdog.arm(.zero)
            stop.wait(for: .milliseconds(150))
            hasFired = watchdog.disarm() != nil
        }
        #expect(hasFired)
        watchdog.arm(.seconds(3600))
        #expect(watchdog.disarm() == nil)
        stop.request()
        thread.join()
    }

    @Test("A cancel that gets no answer holds up nobody: another is sent after a while")
    func isNotHeldUp() {
        let (stop, answers) = (Stop(), Stop())
        let watchdog = Watchdog(patience: .milliseconds(200))
        let sent = Count()
        watchdog.watch {
            sent.value.add(1, ordering: .relaxed)
            answers.wait(for: .seconds(60))
        }
        let thread = Thread.start(name: "watchdog") { watchdog.run(until: stop) }
        watchdog.arm(.zero)
        for _ in 1...600 where sent.value.load(ordering: .relaxed) < 3 { stop.wait(for: .milliseconds(100)) }
        #expect(sent.value.load(ordering: .relaxed) >= 3)
        answers.request()
        stop.request()
        thread.join()
    }
}

/// A number that several threads raise.
private final class Count: Sendable {
    let value = Atomic(0)
}
