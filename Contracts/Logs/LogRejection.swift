/// Lines that were left out, all for the same reason.
public struct LogRejection: Message, Hashable {
    /// A word in kebab case, for programs.
    public var code = ""
    /// How many lines.
    public var count = 0
    /// A JSON Pointer to the first of them.
    public var pointer = ""
    /// A sentence, for people.
    public var message = ""

    /// A rejection of defaults.
    public init() {}

    /// So many lines, the first of them at `pointer`.
    public init(code: String, count: Int, pointer: String, message: String) {
        self.code = code
        self.count = count
        self.pointer = pointer
        self.message = message
    }

    /// The fields of a rejection.
    public static let fields: FieldTable<LogRejection> = [
        .required("code", \.code, .text(1...128, .kebab), "A word in kebab case, for programs."),
        .required("count", \.count, Limits.count, "How many lines were left out for it."),
        .required("pointer", \.pointer, .text(0...2000), "JSON Pointer to the first of them."),
        .required("message", \.message, .text(1...1000), "A sentence, for people."),
    ]
}

/// What was left out of a command, counted by reason.
public struct LogRejections: Hashable, Sendable {
    /// One for each code, in the order in which they were met.
    public private(set) var list: [LogRejection] = []

    /// Nothing was left out.
    public init() {}

    /// How many lines were left out.
    public var count: Int { list.reduce(0) { $0 + $1.count } }

    /// Counts lines with a fault. The pointer is made for the first of a code only.
    public mutating func add(
        _ code: Fault.Code, _ message: @autoclosure () -> String, at pointer: @autoclosure () -> String, count: Int = 1
    ) {
        if let index = list.firstIndex(where: { $0.code == code.rawValue }) {
            list[index].count += count
        } else {
            list.append(LogRejection(code: code.rawValue, count: count, pointer: pointer(), message: message()))
        }
    }

    /// Counts lines with a fault.
    mutating func add(_ fault: Fault, count: Int = 1) {
        add(fault.code, fault.message, at: fault.pointer, count: count)
    }

    /// Counts what a part of the command left out, whose place is `pointer`.
    public mutating func add(_ other: LogRejections, inside pointer: @autoclosure () -> String) {
        for one in other.list {
            add(Fault.Code(rawValue: one.code), one.message, at: pointer() + one.pointer, count: one.count)
        }
    }
}
