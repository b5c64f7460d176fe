import CRabbitMQ
import Glibc

/// Threads of our own: a connection lives on one, and blocking calls never run on Swift's cooperative pool.
enum PosixThread {
    private final class Entry: Sendable {
        let name: String
        let body: @Sendable () -> Void

        init(_ name: String, _ body: @escaping @Sendable () -> Void) {
            self.name = name
            self.body = body
        }
    }

    /// Starts a detached thread with every signal blocked, so that signals reach the threads that expect them.
    ///
    /// - Parameter name: shown by `ps -L`; the kernel keeps 15 bytes of it.
    static func start(name: String, _ body: @escaping @Sendable () -> Void) {
        var attributes = pthread_attr_t()
        unsafe pthread_attr_init(&attributes)
        unsafe pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        var all = sigset_t()
        var previous = sigset_t()
        unsafe sigfillset(&all)
        unsafe pthread_sigmask(SIG_SETMASK, &all, &previous)
        var thread = pthread_t()
        let argument = unsafe Unmanaged.passRetained(Entry(name, body)).toOpaque()
        let status = unsafe pthread_create(
            &thread, &attributes,
            { argument in
                guard let argument = unsafe argument else { return nil }
                let entry = unsafe Unmanaged<Entry>.fromOpaque(argument).takeRetainedValue()
                unsafe ruche_name_thread(entry.name)
                entry.body()
                return nil
            }, argument)
        precondition(status == 0, "no thread could be started")
        unsafe pthread_sigmask(SIG_SETMASK, &previous, nil)
        unsafe pthread_attr_destroy(&attributes)
    }
}
