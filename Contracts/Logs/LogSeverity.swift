/// How grave a line is, as few words as every logging library's can be told by.
public enum LogSeverity: String, Sendable, CaseIterable {
    case trace, debug, info, warn, error, fatal
    /// Nothing tells.
    case unknown

    /// The letter that stands for it in the database: the first of its name.
    public var letter: UInt8 { rawValue.utf8.first! }

    /// The severity of a letter of the database.
    public init?(letter: UInt8) {
        guard let severity = Self.allCases.first(where: { $0.letter == letter }) else { return nil }
        self = severity
    }

    /// What a word of a level field says: names of usual logging libraries in any case, syslog's numbers 0 to 7, and
    /// the tens of Bunyan and Pino.
    public init?(word: some Collection<UInt8>) {
        guard (1...13).contains(word.count), let severity = Self.words[Self.pack(word)] else { return nil }
        self = severity
    }

    /// The names of fields and labels that carry a level, in lower case.
    static let fieldNames: Set<String> = [
        "level", "severity", "lvl", "detected_level", "log_level", "loglevel", "severity_text", "priority",
    ]

    /// Whether a field or label of this name carries a level.
    public static func isFieldName(_ name: String) -> Bool {
        name.utf8.count <= 14 && fieldNames.contains(name.lowercased())
    }

    /// The first eight letters of a word in lower case, as one number.
    @inline(__always)
    private static func pack(_ word: some Collection<UInt8>) -> UInt64 {
        var packed: UInt64 = 0
        for byte in word.prefix(8) { packed = packed << 8 | UInt64(ASCII.isLetter(byte) ? byte | 0x20 : byte) }
        return packed
    }

    private static let words: [UInt64: LogSeverity] = {
        let names: [LogSeverity: [String]] = [
            .trace: ["trace", "trc", "verbose", "10"],
            .debug: ["debug", "dbg", "7", "20"],
            .info: ["info", "inf", "information", "notice", "5", "6", "30"],
            .warn: ["warn", "warning", "wrn", "4", "40"],
            .error: ["error", "err", "severe", "3", "50"],
            .fatal: ["fatal", "ftl", "critical", "crit", "alert", "emerg", "emergency", "panic", "0", "1", "2", "60"],
            .unknown: ["unknown"],
        ]
        var words: [UInt64: LogSeverity] = [:]
        for (severity, spellings) in names {
            for spelling in spellings { words[pack(Array(spelling.utf8))] = severity }
        }
        return words
    }()
}
