import Contracts
import Runtime

extension Timestamp {
    /// An instant as the command line says it: a duration back from `now` (`30m`, `2h`, `7d`), a day, or RFC 3339.
    init?(said text: String, now: Timestamp) {
        if let duration = Duration(text: text) {
            self = now - duration
            return
        }
        self.init(rfc3339: text.contains("T") || text.contains("t") ? text : text + "T00:00:00Z")
    }
}
