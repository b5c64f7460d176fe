import AMQP
import Foundation
import Testing

@testable import Runtime

@Suite("Threads, clocks and signals")
struct ThreadTests {
    @Test("Joining waits for the end of the body")
    func join() {
        let done = Monitor(0)
        let threads = (0..<8).map { _ in Thread.start(name: "counting") { done.withLock { $0 += 1 } } }
        for thread in threads { thread.join() }
        #expect(done.withLock { $0 } == 8)
    }

    @Test(
        "A thread carries its name, cut to what the kernel keeps",
        arguments: [
            ("signals", "signals"), ("a name of many letters", "a name of many "), ("", ""),
        ])
    func name(given: String, kept: String) {
        let seen = Monitor("")
        Thread.start(name: given) {
            let name = (try? String(contentsOfFile: "/proc/thread-self/comm", encoding: .utf8)) ?? ""
            seen.withLock { $0 = String(name.dropLast()) }
        }.join()
        // An empty name leaves the one inherited from the starting thread.
        if !kept.isEmpty { #expect(seen.withLock { $0 } == kept) }
    }

    @Test(
        "A stop signal is received by the thread that waits for it, one after the other", arguments: [SIGTERM, SIGINT])
    func signals(number: Int32) {
        let received = Monitor<[Int32]>([])
        Thread.start(name: "signals") {
            Signals.block()
            // Sent to this thread alone: the process of the tests has others that do not block it.
            for _ in 0..<2 {
                pthread_kill(pthread_self(), number)
                let signal = Signals.wait()
                received.withLock { $0.append(signal) }
            }
        }.join()
        #expect(received.withLock { $0 } == [number, number])
    }

    @Test("A write to a closed pipe is an error and no signal")
    func brokenPipe() async {
        await #expect(processExitsWith: .success) {
            Signals.block()
            var ends: [Int32] = [-1, -1]
            _ = unsafe pipe(&ends)
            close(ends[0])
            var byte: UInt8 = 1
            let count = unsafe write(ends[1], &byte, 1)
            exit(count == -1 && errno == EPIPE ? EXIT_SUCCESS : EXIT_FAILURE)
        }
    }

    @Test("A request to stop wakes every thread that waits, however long it would have")
    func stop() {
        let stop = Stop()
        let threads = (0..<4).map { _ in Thread.start(name: "waiting") { #expect(stop.wait(for: .seconds(3600))) } }
        stop.request()
        stop.request()
        for thread in threads { thread.join() }
        #expect(stop.isRequested && stop.wait(for: .seconds(3600)))
    }

    @Test(
        "Without a request a wait lasts its time, also below a millisecond",
        arguments: [
            Duration.zero, .microseconds(300), .milliseconds(20),
        ])
    func wait(duration: Duration) {
        let began = Monotonic.now
        #expect(!Stop().wait(for: duration))
        #expect(Monotonic.now - began >= duration)
    }

    @Test("Moments are ordered and their distance is a duration")
    func monotonic() {
        let moment = Monotonic(nanoseconds: 1_500_000_000)
        #expect(moment + .milliseconds(500) == Monotonic(nanoseconds: 2_000_000_000))
        #expect(moment + .seconds(1) - moment == .seconds(1) && moment < moment + .nanoseconds(1))
        #expect(Monotonic.now > .distantPast && Monotonic.now - .distantPast > .seconds(1_000_000_000))
    }

    @Test(
        "Durations become numbers without overflow",
        arguments: [
            (Duration.milliseconds(1500), Int64(1_500_000_000)), (.milliseconds(-1500), -1_500_000_000), (.zero, 0),
            (.seconds(Int64.max), Int64.max / 4), (.seconds(Int64.min), -(Int64.max / 4)),
        ])
    func durations(duration: Duration, nanoseconds: Int64) { #expect(duration.nanoseconds == nanoseconds) }
}
