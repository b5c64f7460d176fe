import Glibc
import Runtime

/// The machine that this runs on.
enum Host {
    /// Its name.
    static var name: String {
        var bytes = [CChar](repeating: 0, count: 256)
        guard unsafe gethostname(&bytes, 255) == 0 else { return "localhost" }
        return String(decoding: bytes.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

/// Waiting for a short time, and for nothing else.
enum Nap {
    /// Sleeps; a signal may end it early.
    static func rest(_ duration: Duration) { usleep(UInt32(clamping: duration.nanoseconds / 1000)) }
}
