import Glibc

/// One POSIX thread with a name. Blocking C calls belong on such a thread, never on the cooperative pool.
package struct Thread: Sendable {
    private let handle: pthread_t

    private final class Body {
        let name: String
        let run: () -> Void

        init(name: String, run: @escaping () -> Void) {
            self.name = name
            self.run = run
        }
    }

    /// Starts a thread. Its name is cut to the 15 bytes the kernel keeps. Its stack has 8 MiB, whatever limit the
    /// process was started with: as much as the first thread has by default.
    package static func start(name: String, _ run: @escaping @Sendable () -> Void) -> Thread {
        var handle = pthread_t()
        var attributes = pthread_attr_t()
        unsafe pthread_attr_init(&attributes)
        defer { unsafe pthread_attr_destroy(&attributes) }
        unsafe pthread_attr_setstacksize(&attributes, stackSize)
        let body = unsafe Unmanaged.passRetained(Body(name: name, run: run))
        // The new thread takes the one reference over and gives it back.
        let status = unsafe pthread_create(
            &handle, &attributes,
            { pointer in
                let body = unsafe Unmanaged<Body>.fromOpaque(pointer!).takeRetainedValue()
                Self.name(body.name)
                body.run()
                return nil
            }, body.toOpaque())
        precondition(status == 0, "no thread is left")
        return Thread(handle: handle)
    }

    private static let stackSize = 8 * 1_048_576

    /// What `ps` and a debugger show. glibc's own call for it is not visible to Swift.
    private static func name(_ name: String) {
        let descriptor = unsafe open("/proc/thread-self/comm", O_WRONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        let bytes = Array(name.utf8.prefix(15))
        _ = unsafe bytes.withUnsafeBytes { unsafe write(descriptor, $0.baseAddress, $0.count) }
    }

    /// Lets it run on its own; nobody waits for its end.
    package func detach() {
        pthread_detach(handle)
    }

    /// Waits for its end. Once, from another thread.
    package func join() {
        pthread_join(handle, nil)
    }
}
