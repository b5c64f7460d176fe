import AMQP
import Glibc
import Testing

@Suite("The watch over a connection's thread")
struct WatchTests {
    private static let limit: Int64 = 30_000_000_000

    private var now: Int64 {
        var time = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }

    /// Runs `body` with a watch over one end of a socket pair; says whether the other end saw it shut down.
    private func isShutDown(after body: (Watch) -> Void) -> Bool {
        var ends: [Int32] = [0, 0]
        _ = unsafe socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends)
        defer { for end in ends { close(end) } }
        body(Watch(descriptor: ends[0], limit: .nanoseconds(Self.limit)))
        var byte: UInt8 = 0
        return unsafe recv(ends[1], &byte, 1, Int32(MSG_DONTWAIT)) == 0
    }

    @Test("frees a thread that is inside one call for too long")
    func stuck() {
        let wasShut = isShutDown { watch in
            watch.enter()
            watch.check(now: now + Self.limit + 1_000_000_000)
            #expect(watch.hasFired)
        }
        #expect(wasShut)
    }

    @Test("leaves alone who is quick, who sleeps, and who has gone")
    func innocent() {
        let later = Self.limit * 10
        let wasShut = isShutDown { watch in
            watch.check(now: now + later)
            watch.enter()
            watch.check(now: now + Self.limit / 2)
            watch.leave()
            watch.check(now: now + later)
            watch.enter()
            watch.retire()
            watch.check(now: now + later)
            #expect(!watch.hasFired)
        }
        #expect(!wasShut)
    }
}
