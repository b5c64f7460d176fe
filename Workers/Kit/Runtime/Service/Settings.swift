import Glibc

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
            return nil
        }
        note(name, .file, secret ? "***" : content)
        return content
    }

    /// A text that must be set.
    package mutating func required(_ name: String, secret: Bool = false) -> String {
        if let value = text(name, secret: secret) { return value }
        problems.append("\(name) is not set")
        return ""
    }

    /// A whole number in a range.
    package mutating func integer(_ name: String, in range: ClosedRange<Int>, default fallback: Int) -> Int {
        guard let value = text(name) else { return fallback }
        guard let number = Int(value), range.contains(number) else {
            problems.append("\(name) takes a number from \(range.lowerBound) to \(range.upperBound)")
            return fallback
        }
        return number
    }

    /// A duration: `500ms`, `30s`, `5m`, `2h`, `1d`.
    package mutating func duration(_ name: String, default fallback: Duration) -> Duration {
        guard let value = text(name) else { return fallback }
        guard let duration = Duration(text: value) else {
            problems.append("\(name) takes a duration such as 500ms, 30s, 5m, 2h or 1d")
            return fallback
        }
        return duration
    }

    /// One of a few words.
    package mutating func choice<T: RawRepresentable & CaseIterable>(_ name: String, default fallback: T) -> T
    where T.RawValue == String {
        guard let value = text(name) else { return fallback }
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

    private mutating func note(_ name: String, _ origin: Origin, _ shown: String?) {
        entries.append(Entry(name: name, origin: origin, shown: shown))
    }

    /// A file without its last line break, as secrets are mounted.
    private static func content(of path: String) -> String? {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while bytes.count < 1_048_576 {
            let count = unsafe buffer.withUnsafeMutableBytes { unsafe read(descriptor, $0.baseAddress, $0.count) }
            guard count >= 0 else { return nil }
            if count == 0 { break }
            bytes.append(contentsOf: buffer[..<count])
        }
        if bytes.last == 0x0A { bytes.removeLast() }
        if bytes.last == 0x0D { bytes.removeLast() }
        return String(validating: bytes, as: UTF8.self)
    }

    private static var processEnvironment: [String: String] {
        var all: [String: String] = [:]
        var entry = unsafe environ
        while let pointer = unsafe entry.pointee {
            let parts = unsafe String(cString: pointer).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 2 { all[String(parts[0])] = String(parts[1]) }
            unsafe entry += 1
        }
        return all
    }
}

extension Duration {
    /// Reads `500ms`, `30s`, `5m`, `2h`, `1d`; nothing else, and nothing above a hundred years.
    package init?(text: String) {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard let number = Int64(digits), number <= 3_153_600_000_000 else { return nil }
        let milliseconds: Int64
        switch text.dropFirst(digits.count) {
        case "ms": milliseconds = 1
        case "s": milliseconds = 1000
        case "m": milliseconds = 60_000
        case "h": milliseconds = 3_600_000
        case "d": milliseconds = 86_400_000
        default: return nil
        }
        let (product, overflow) = number.multipliedReportingOverflow(by: milliseconds)
        guard !overflow, product <= 3_153_600_000_000 else { return nil }
        self = .milliseconds(product)
    }
}
