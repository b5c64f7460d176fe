/// What the doctor says of one thing.
struct Finding {
    enum Verdict: String {
        case ok, warn, fail
    }

    let verdict: Verdict
    let what: String
    let found: String
    let fix: String

    static func ok(_ what: String, _ found: String) -> Finding {
        Finding(verdict: .ok, what: what, found: found, fix: "-")
    }

    static func warn(_ what: String, _ found: String, fix: String) -> Finding {
        Finding(verdict: .warn, what: what, found: found, fix: fix)
    }

    static func fail(_ what: String, _ found: String, fix: String) -> Finding {
        Finding(verdict: .fail, what: what, found: found, fix: fix)
    }
}
