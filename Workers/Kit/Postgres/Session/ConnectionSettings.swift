import CPostgres
import Glibc

/// Where a database is and how to speak to it.
///
/// The text is a URL (`postgresql://user@host/database?sslmode=verify-full`) or keywords (`host=… dbname=…`), in
/// libpq's own language: TLS, several hosts with `target_session_attrs`, a password file and services work as the
/// PostgreSQL manual says. What the text leaves out comes from the `PG*` environment variables.
package struct ConnectionSettings: Sendable {
    /// The URL or the keywords. May hold a password: it is never printed.
    let text: String

    /// A role from elsewhere; it overrides the one in the text.
    package var user: String?

    /// A password from elsewhere, such as a secrets file; it overrides the one in the text.
    package var password: String?

    /// Where that password is asked for when a session is opened, so that it can be changed while a process runs;
    /// ``password`` serves when it gives none. Called on the thread that opens.
    package var passwordSource: (@Sendable () -> String?)?

    /// What `pg_stat_activity` shows, unless the text or `PGAPPNAME` says otherwise.
    package var applicationName: String

    /// How long to try one host. Whole seconds, at least 2. 5 s unless the text or `PGCONNECT_TIMEOUT` says otherwise.
    package var connectTimeout: Duration = .seconds(5)

    /// Session settings, such as `statement_timeout`, in place before the first statement. What the text or
    /// `PGOPTIONS` sets in `options` wins over them.
    package var session: [(name: String, value: String)] = []

    /// When an idle peer is asked for a sign of life, and when it is given up: after `idle + interval × count`.
    package var keepalive = Keepalive()

    /// How long data may stay unacknowledged by a dead peer (`TCP_USER_TIMEOUT`).
    package var userTimeout: Duration = .seconds(20)

    /// How long the server may be silent while it owes an answer, or nil for ever. TCP notices a dead machine, not a
    /// frozen server: set it well above `statement_timeout`. The connection is lost when it runs out.
    package var responseTimeout: Duration?

    /// The times of TCP keepalive.
    package struct Keepalive: Sendable, Equatable {
        /// Silence before the first probe.
        package var idle: Duration = .seconds(10)
        /// Time between probes.
        package var interval: Duration = .seconds(5)
        /// Probes without an answer before the connection is lost.
        package var count = 3
    }

    /// Throws ``PostgresError/Code/settings`` when the text is neither a connection URL nor keywords. An empty text
    /// means: everything from the environment.
    package init(_ text: String = "", applicationName: String = "ruche", password: String? = nil) throws(PostgresError)
    {
        self.text = text
        self.applicationName = applicationName
        self.password = password
        _ = try Self.parse(text)
    }

    /// The keywords of a text. libpq's own message is withheld: it quotes the text, and the text may hold a password.
    static func parse(_ text: String) throws(PostgresError) -> [(keyword: String, value: String)] {
        guard let options = unsafe PQconninfoParse(text, nil) else {
            throw PostgresError(.settings, "neither a connection URL nor a list of keyword=value")
        }
        defer { unsafe PQconninfoFree(options) }
        var found: [(keyword: String, value: String)] = []
        var option = unsafe options
        while let keyword = unsafe option.pointee.keyword {
            if let value = unsafe option.pointee.val {
                unsafe found.append((String(cString: keyword), String(cString: value)))
            }
            unsafe option += 1
        }
        return found
    }
}

extension ConnectionSettings {
    /// Everything libpq is told, in its order of precedence: what comes later wins.
    func keywords(environment: (String) -> String? = environmentValue) -> [(String, String)] {
        var given: [(keyword: String, value: String)] = []
        do throws(PostgresError) { given = try Self.parse(text) } catch {}
        var list = [
            ("fallback_application_name", applicationName),
            ("keepalives", "1"),
            ("keepalives_idle", "\(keepalive.idle.wholeSeconds)"),
            ("keepalives_interval", "\(keepalive.interval.wholeSeconds)"),
            ("keepalives_count", "\(keepalive.count)"),
            ("tcp_user_timeout", "\(userTimeout.wholeSeconds * 1000)"),
        ]
        if environment("PGCONNECT_TIMEOUT") == nil {
            list.append(("connect_timeout", "\(max(2, connectTimeout.wholeSeconds))"))
        }
        list += given.map { ($0.keyword, $0.value) }
        let operatorOptions = given.last { $0.keyword == "options" }?.value ?? environment("PGOPTIONS")
        let options = (session.map(Self.option) + [operatorOptions].compactMap(\.self)).joined(separator: " ")
        if !options.isEmpty { list.append(("options", options)) }
        if let user { list.append(("user", user)) }
        if let password = passwordSource?() ?? password { list.append(("password", password)) }
        list.append(("client_encoding", "UTF8"))
        return list
    }

    /// One `-c name=value`; the server splits at white space and takes a backslash as an escape.
    private static func option(name: String, value: String) -> String {
        let escaped = value.unicodeScalars.flatMap { $0.properties.isWhitespace || $0 == "\\" ? ["\\", $0] : [$0] }
        return "-c \(name)=\(String(String.UnicodeScalarView(escaped)))"
    }
}

extension ConnectionSettings: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Host, port, database, user and TLS mode as the text gives them; never the password.
    package var description: String {
        var given: [(keyword: String, value: String)] = []
        do throws(PostgresError) { given = try Self.parse(text) } catch {}
        if let user { given = given.filter { $0.keyword != "user" } + [("user", user)] }
        let shown: Set = ["host", "hostaddr", "port", "dbname", "user", "sslmode", "target_session_attrs", "service"]
        let parts = given.filter { shown.contains($0.keyword) }.map { "\($0.keyword)=\($0.value)" }
        return parts.isEmpty ? "postgres from the environment" : "postgres \(parts.joined(separator: " "))"
    }

    /// The same as ``description``.
    package var debugDescription: String { description }

    /// Hides the password from `dump`.
    package var customMirror: Mirror { Mirror(self, children: ["description": description]) }
}

/// An environment variable of this process that is set and not empty.
func environmentValue(_ name: String) -> String? {
    guard let value = unsafe getenv(name), unsafe value.pointee != 0 else { return nil }
    return unsafe String(cString: value)
}

extension Duration {
    /// Seconds, rounded up.
    var wholeSeconds: Int64 { components.seconds + (components.attoseconds > 0 ? 1 : 0) }
}
