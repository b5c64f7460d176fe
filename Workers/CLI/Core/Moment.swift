import Contracts
import Runtime

extension Timestamp {
    /// The last instant that 64 bits of nanoseconds since 1970 can say, in April 2262.
    static let latest = Timestamp(microseconds: Int64.max / 1000)

    /// The same instant, or the nearest from 1970 to 2262: no job or line has another time.
    var bounded: Timestamp { min(max(self, .epoch), .latest) }

    /// Nanoseconds since 1970 of ``bounded``.
    var nanoseconds: Int64 { bounded.microseconds * 1000 }

    /// An instant as the command line says it: a duration back from `now` (`30m`, `2h`, `7d`), a day, or RFC 3339.
    /// Always ``bounded``, so that arithmetic on it cannot overflow.
    init?(said text: String, now: Timestamp) {
        if let duration = Duration(text: text) {
            self = (now - duration).bounded
            return
        }
        let isWhole = text.contains("T") || text.contains("t")
        guard let time = Timestamp(rfc3339: isWhole ? text : text + "T00:00:00Z") else { return nil }
        self = time.bounded
    }
}
