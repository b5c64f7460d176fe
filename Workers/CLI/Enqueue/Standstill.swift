import Runtime
import Synchronization

/// Tells when a thread that is to move on stands still: one call of a library, of a disk that is gone, that never
/// returns. A thread of its own looks.
final class Standstill: Sendable {
    /// When the thread last moved, in nanoseconds of ``Monotonic``; zero while it rests.
    private let movedAt = Atomic<Int64>(0)

    private let limit: Duration
    private let onFound: @Sendable () -> Void

    /// - Parameters:
    ///   - limit: how long it may stand still.
    ///   - onFound: called once, on another thread.
    init(limit: Duration, onFound: @escaping @Sendable () -> Void) {
        self.limit = limit
        self.onFound = onFound
    }

    /// Starts to look. The thread that looks holds back the signals that the calling one does: who wants to be asked to
    /// stop holds them back before.
    func watch() {
        Thread.start(name: "standstill") { [weak self] in
            let clock = Stop()
            while let limit = self?.limit {
                clock.wait(for: limit / 8)
                guard let self else { return }
                let movedAt = self.movedAt.load(ordering: .relaxed)
                guard movedAt != 0, Monotonic.now.nanoseconds - movedAt > limit.nanoseconds else { continue }
                return self.onFound()
            }
        }.detach()
    }

    /// The thread moves.
    func move() { movedAt.store(Monotonic.now.nanoseconds, ordering: .relaxed) }

    /// The thread waits for somebody else, for as long as it takes.
    func rest() { movedAt.store(0, ordering: .relaxed) }
}
