import Runtime

/// Work that blocks, on a thread of its own: never on the cooperative pool.
enum OffPool {
    /// Does it, and waits without a thread. Heeds no cancellation.
    static func run<R: Sendable, E: Error>(
        _ name: String, _ work: @escaping @Sendable () throws(E) -> R
    ) async throws(E) -> R {
        let result: Result<R, E> = await withCheckedContinuation { continuation in
            Thread.start(name: name) {
                do throws(E) { continuation.resume(returning: .success(try work())) } catch {
                    continuation.resume(returning: .failure(error))
                }
            }.detach()
        }
        return try result.get()
    }
}
