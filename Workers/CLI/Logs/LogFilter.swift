import Contracts
import Runtime

/// What lines are asked for: of which streams, from when to when, of which levels, with which text.
struct LogFilter {
    let tenant: String
    /// About labels; all must hold.
    private(set) var selectors: [LogSelector] = []
    /// The levels that are wanted; `nil` for all.
    private(set) var levels: Set<LogSeverity>?
    let texts: [String]
    let absentTexts: [String]
    let expressions: [String]

    /// Reads the selectors and the options for texts.
    init(_ invocation: Invocation) throws(Failure) {
        tenant = invocation.tenant
        texts = invocation.all("text")
        absentTexts = invocation.all("not")
        expressions = invocation.all("regex")
        for word in invocation.arguments {
            let selector = try LogSelector(word)
            if selector.name == LogSelector.level {
                levels = try selector.levels(of: levels ?? Set(LogSeverity.allCases))
            } else {
                selectors.append(selector)
            }
        }
    }

    /// `s` is a stream that is asked for.
    func appendStream(to sql: inout SQL.StringInterpolation) {
        sql.appendLiteral("s.tenant = ")
        sql.appendInterpolation(tenant)
        for selector in selectors {
            if selector.comparison == .equals, !selector.text.isEmpty {
                // The one form that the index answers.
                var writer = JSONWriter()
                writer.beginObject()
                writer.key(selector.label)
                writer.write(selector.text)
                writer.endObject()
                sql.appendLiteral(" AND s.labels @> (")
                sql.appendInterpolation(String(decoding: writer.bytes, as: UTF8.self))
                sql.appendLiteral(")::jsonb")
                continue
            }
            sql.appendLiteral(" AND coalesce(s.labels->>")
            sql.appendInterpolation(selector.label)
            switch selector.comparison {
            case .equals: sql.appendLiteral(", '') = ")
            case .differs: sql.appendLiteral(", '') <> ")
            case .matches: sql.appendLiteral(", '') ~ ")
            case .doesNotMatch: sql.appendLiteral(", '') !~ ")
            }
            let isExpression = selector.comparison == .matches || selector.comparison == .doesNotMatch
            sql.appendInterpolation(isExpression ? LogSelector.whole(selector.text) : selector.text)
        }
    }

    /// `c` is a chunk of a stream that is asked for. The streams are looked up first, and by their labels alone.
    func appendChunk(to sql: inout SQL.StringInterpolation) {
        sql.appendLiteral("c.stream = ANY(ARRAY(SELECT s.id FROM log_stream s WHERE ")
        appendStream(to: &sql)
        sql.appendLiteral("))")
    }

    /// `e` is a line that is asked for.
    func appendLine(to sql: inout SQL.StringInterpolation) {
        if let levels {
            sql.appendLiteral(" AND e.level = ANY(")
            sql.appendInterpolation(levels.sorted { $0.letter < $1.letter })
            sql.appendLiteral(")")
        }
        for text in texts { Self.append(" AND position(", text, " IN e.line) > 0", to: &sql) }
        for text in absentTexts { Self.append(" AND position(", text, " IN e.line) = 0", to: &sql) }
        for expression in expressions { Self.append(" AND e.line ~ ", expression, "", to: &sql) }
    }

    /// Days of arrival, with one to spare on both sides: this clock is not the database's, and sessions that were not
    /// set to UTC counted days of their own zone before schema 6.
    static func appendDays(from start: Timestamp, to end: Timestamp, to sql: inout SQL.StringInterpolation) {
        append(" AND c.day >= (", start, " AT TIME ZONE 'UTC')::date - 1", to: &sql)
        append(" AND c.day <= (", end, " AT TIME ZONE 'UTC')::date + 1", to: &sql)
    }

    /// A value between two pieces of SQL.
    static func append<T: PostgresEncodable>(
        _ before: StaticString, _ value: T, _ after: StaticString, to sql: inout SQL.StringInterpolation
    ) {
        sql.appendLiteral("\(before)")
        sql.appendInterpolation(value)
        sql.appendLiteral("\(after)")
    }
}
