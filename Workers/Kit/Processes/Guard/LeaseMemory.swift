import Glibc
import Synchronization

/// The deadline that worker and guard share: one atomic number in memory that both have mapped.
///
/// The guard alone marks it lost and the worker alone moves it, each by comparing with what it read. So either a
/// renewal came in time and the guard sees it, or the guard was first and the worker sees that.
@safe
final class LeaseMemory: Sendable {
    static let size = 4096
    private static let lost: Int64 = -1
    private nonisolated(unsafe) let word: UnsafeMutablePointer<Atomic<Int64>>

    /// Maps the memory file. `nil` when it cannot be.
    init?(mapping file: Int32) {
        let address = unsafe mmap(nil, Self.size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0)
        guard unsafe address != MAP_FAILED, let address = unsafe address else { return nil }
        unsafe word = address.bindMemory(to: Atomic<Int64>.self, capacity: 1)
    }

    deinit { unsafe munmap(word, Self.size) }

    /// When the lease runs out; `nil` when it is lost.
    var deadline: BootTime? {
        let value = unsafe word.pointee.load(ordering: .acquiring)
        return value == Self.lost ? nil : BootTime(nanoseconds: value)
    }

    /// Moves the deadline, never to an earlier moment. Returns whether the lease was still held.
    func renew(until deadline: BootTime) -> Bool {
        var seen = unsafe word.pointee.load(ordering: .acquiring)
        while seen != Self.lost {
            if deadline.nanoseconds <= seen { return true }
            let (isDone, found) = unsafe word.pointee.compareExchange(
                expected: seen, desired: deadline.nanoseconds, ordering: .acquiringAndReleasing)
            if isDone { return true }
            seen = found
        }
        return false
    }

    /// Marks the lease lost, if its deadline is still the one that was read.
    func lose(from deadline: BootTime) -> Bool {
        unsafe word.pointee.compareExchange(
            expected: deadline.nanoseconds, desired: Self.lost, ordering: .acquiringAndReleasing
        ).exchanged
    }
}
