/// What is wrong with the environment: every problem, not only the first.
package struct SettingsError: Error, Sendable, CustomStringConvertible {
    /// One sentence a problem; secrets are not in it.
    package let problems: [String]

    /// Everything that is wrong.
    package init(problems: [String]) {
        self.problems = problems
    }

    package var description: String { "settings: " + problems.joined(separator: "; ") }
}

/// Reads the environment, typed. `X_FILE` names a file that holds X, for any X; both set is an error.
///
/// Problems are collected: read everything, then ``check()`` once. Values of secrets never leave in a description.
package struct Settings: Sendable {
    /// Where a value came from.
    package enum Origin: String, Sendable {
        case environment, file, `default`
    }

    /// One setting that was asked for, as `config show` prints it.
    package struct Entry: Sendable {
        package let name: String
        /// Where the value came from.
        package let origin: Origin
        /// `nil` when it has no value; secrets are masked.
        package let shown: String?
    }

    private let environment: [String: String]
    private(set) package var entries: [Entry] = []
    private var problems: [String] = []

    /// The process's own environment.
    package init() {
        self.init(Self.processEnvironment)
    }

    /// The names of the environment, for ``strangers``.
    var names: [String] { Array(environment.keys) }

    /// A given environment.
    package init(_ environment: [String: String]) {
        self.environment = environment
    }

    /// A text, or `nil` when it is not set. An empty value counts as not set.
    package mutating func text(_ name: String, secret: Bool = false) -> String? {
        let direct = environment[name].flatMap { $0.isEmpty ? nil : $0 }
        let file = environment["\(name)_FILE"].flatMap { $0.isEmpty ? nil : $0 }
        guard let file else {
            note(name, direct == nil ? .default : .environment, secret ? direct.map { _ in "***" } : direct)
            return direct
        }
        if direct != nil { problems.append("\(name) and \(name)_FILE are both set; set one") }
        guard let content = Self.content(of: file) else {
            problems.append("\(name)_FILE: \(file) cannot be read")
            note(name, .file, nil)
            return nil
        }
        note(name, .file, secret ? "***" : content)
        return content
    }

    /// Reads a secret's file again, for those that change while a process runs; `nil` when it has no file.
    package func rereading(_ name: String) -> (@Sendable () -> String?)? {
        guard let path = environment["\(name)_FILE"], !path.isEmpty else { return nil }
        return { Self.content(of: path) }
    }

    /// A text that must be set.
    package mutating func required(_ name: String, secret: Bool = false) -> String {
        if let value = text(name, secret: secret) { return value }
        problems.append("\(name) is not set")
        return ""
    }

    /// A whole number in a range.
    package mutating func integer(_ name: String, in range: ClosedRange<Int>, default fallback: Int) -> Int {
        guard let value = text(name) else { return use(fallback, for: name, "\(fallback)") }
        guard let number = Int(value), range.contains(number) else {
            problems.append("\(name) takes a number from \(range.lowerBound) to \(range.upperBound)")
            return fallback
        }
        return number
    }

    /// A TCP port; 0, for any free one, included.
    package mutating func port(_ name: String, default fallback: UInt16) -> UInt16 {
        guard let value = text(name) else { return use(fallback, for: name, "\(fallback)") }
        guard let port = UInt16(value) else {
            problems.append("\(name) takes a port from 0 to 65535")
            return fallback
        }
        return port
    }

    /// Yes or no: `true`, `1`, `yes`, `on`, or `false`, `0`, `no`, `off`, in either case.
    package mutating func flag(_ name: String, default fallback: Bool) -> Bool {
        guard let value = text(name) else { return use(fallback, for: name, "\(fallback)") }
        switch value.lowercased() {
        case "true", "1", "yes", "on": return true
        case "false", "0", "no", "off": return false
        default:
            problems.append("\(name) takes true or false")
            return fallback
        }
    }

    /// A duration: `500ms`, `30s`, `5m`, `2h`, `1d`.
    package mutating func duration(_ name: String, default fallback: Duration) -> Duration {
        guard let value = text(name) else { return use(fallback, for: name, fallback.text) }
        guard let duration = Duration(text: value) else {
            problems.append("\(name) takes a duration such as 500ms, 30s, 5m, 2h or 1d")
            return fallback
        }
        return duration
    }

    /// One of a few words.
    package mutating func choice<T: RawRepresentable & CaseIterable>(_ name: String, default fallback: T) -> T
    where T.RawValue == String {
        guard let value = text(name) else { return use(fallback, for: name, fallback.rawValue) }
        guard let choice = T(rawValue: value.lowercased()) else {
            let words = T.allCases.map(\.rawValue).joined(separator: ", ")
            problems.append("\(name) takes one of \(words)")
            return fallback
        }
        return choice
    }

    /// Reads a value through a parser that throws its own problem, such as a URI.
    package mutating func parsed<T, E: Error>(_ name: String, _ text: String, _ parse: (String) throws(E) -> T) -> T? {
        do throws(E) { return try parse(text) } catch {
            problems.append("\(name): \(error)")
            return nil
        }
    }

    /// Notes a problem that only the caller sees.
    package mutating func refuse(_ problem: String) {
        problems.append(problem)
    }

    /// Throws every problem met so far, if there is any.
    package func check() throws(SettingsError) {
        guard problems.isEmpty else { throw SettingsError(problems: problems) }
    }

    /// One line for each setting that was asked for: what is in force, and where it came from.
    package func describe() -> [String] {
        entries.map { entry in
            guard let shown = entry.shown else { return "\(entry.name) (not set)" }
            return "\(entry.name)=\(shown) (\(entry.origin.rawValue))"
        }
    }

    /// Keeps an entry; one that was asked for before takes its old place.
    private mutating func note(_ name: String, _ origin: Origin, _ shown: String?) {
        let entry = Entry(name: name, origin: origin, shown: shown)
        if let place = entries.firstIndex(where: { $0.name == name }) {
            entries[place] = entry
        } else {
            entries.append(entry)
        }
    }

    /// A default in force, unless the value was there and could not be read.
    private mutating func use<T>(_ fallback: T, for name: String, _ shown: String) -> T {
        if environment["\(name)_FILE"]?.isEmpty ?? true { note(name, .default, shown) }
        return fallback
    }
}
