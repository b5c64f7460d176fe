import Contracts
import Runtime

/// A filter as conditions on `job j`. Values are parameters, always; the text is made of the pieces below alone.
extension Filter {
    /// Appends ` AND (…)` for every term that the database can answer.
    func append(to sql: inout SQL.StringInterpolation) {
        for term in terms {
            if case .payload = term.question { continue }
            // NOT of unknown is unknown: a job without a reason has another reason than the one named.
            sql.appendLiteral(term.isNegated ? " AND NOT coalesce((" : " AND (")
            Self.append(term.question, to: &sql)
            sql.appendLiteral(term.isNegated ? "), false)" : ")")
            // The index of what did not succeed serves only who says that nothing else is wanted.
            if case .state(let states) = term.question, !term.isNegated, !states.contains(.succeeded) {
                sql.appendLiteral(" AND j.state <> 's'")
            }
        }
    }

    private static func append(_ question: FilterTerm.Question, to sql: inout SQL.StringInterpolation) {
        switch question {
        case .state(let states):
            sql.appendLiteral("j.state = ANY(")
            sql.appendInterpolation(states.map { String($0.rawValue) })
            sql.appendLiteral("::\"char\"[])")
        case .command(let patterns): append(patterns, "j.command", to: &sql)
        case .tenant(let patterns): append(patterns, "j.tenant", to: &sql)
        case .error(let patterns): append(patterns, "j.reason", to: &sql)
        case .correlation(let patterns): append(patterns, "j.correlation_id", to: &sql)
        case .worker(let patterns): append(patterns, "j.worker", to: &sql)
        case .id(let patterns):
            append(patterns, "j.id", to: &sql)
            sql.appendLiteral(" OR j.key = ANY(")
            sql.appendInterpolation(patterns.compactMap { UniqueID($0.text) })
            sql.appendLiteral(")")
        case .attempts(let comparison, let number):
            sql.appendLiteral(Self.attempts(comparison))
            sql.appendInterpolation(Int16(clamping: number))
        case .since(let time):
            sql.appendLiteral("j.day >= (")
            sql.appendInterpolation(time)
            // A job that started alone just before midnight may be admitted on the day after its own.
            sql.appendLiteral(")::date - 1 AND j.admitted_at >= ")
            sql.appendInterpolation(time)
        case .until(let time):
            sql.appendLiteral("j.admitted_at < ")
            sql.appendInterpolation(time)
        case .handled(let isHandled):
            sql.appendLiteral(isHandled ? "j.handled_at IS NOT NULL" : "j.handled_at IS NULL")
        case .text(let text): append(text, to: &sql)
        case .payload: sql.appendLiteral("true")
        }
    }

    private static func append(
        _ patterns: [FilterTerm.Pattern], _ column: StaticString, to sql: inout SQL.StringInterpolation
    ) {
        sql.appendLiteral("\(column) = ANY(")
        sql.appendInterpolation(patterns.filter { !$0.isPrefix }.map(\.text))
        sql.appendLiteral(")")
        for pattern in patterns where pattern.isPrefix {
            sql.appendLiteral(" OR starts_with(\(column), ")
            sql.appendInterpolation(pattern.text)
            sql.appendLiteral(")")
        }
    }

    private static func append(_ text: String, to sql: inout SQL.StringInterpolation) {
        sql.appendLiteral("position(")
        sql.appendInterpolation(text)
        sql.appendLiteral(" IN j.id) > 0 OR position(")
        sql.appendInterpolation(text)
        sql.appendLiteral(" IN coalesce(j.reason, '')) > 0 OR position(")
        sql.appendInterpolation(text)
        sql.appendLiteral(" IN coalesce(j.correlation_id, '')) > 0")
    }

    private static func attempts(_ comparison: FilterTerm.Comparison) -> String {
        switch comparison {
        case .atLeast: "j.attempt >= "
        case .atMost: "j.attempt <= "
        case .above: "j.attempt > "
        case .below: "j.attempt < "
        case .equal: "j.attempt = "
        }
    }
}
