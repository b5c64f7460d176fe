import Glibc

/// A worker that never gives back: what a soak has to find. Off unless `PROBE_LEAK` says how many bytes a command.
enum Leak {
    private static let bytes = unsafe getenv("PROBE_LEAK").flatMap { unsafe Int(String(cString: $0)) } ?? 0

    /// Loses memory, and now and then a descriptor.
    static func spring() {
        guard bytes > 0, let memory = unsafe malloc(bytes) else { return }
        unsafe memset(memory, 1, bytes)
        if Int.random(in: 0..<8) == 0 { _ = dup(0) }
    }
}
