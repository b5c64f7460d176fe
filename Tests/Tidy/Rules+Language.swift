extension Rule {
    /// Where C or the system is spoken to, and so where a line may be `unsafe`.
    static let unsafePlaces = ["Workers/Kit/", "Workers/CLI/Core/", "Contracts/Timestamp.swift"]

    /// How the language is used.
    static let language = [
        Rule(
            "unstructured tasks start in the runtime only",
            bad: ("Workers/LeaseIP/Bad.swift", "let a = Task { await b() }"),
            good: ("Workers/LeaseIP/Good.swift", "enum TaskState {\n}\n/// Task { }\nlet text = \"Task {\""),
            applies: { $0.isSwift && $0.isUnder("Contracts/", "Workers/") && !$0.isUnder("Workers/Kit/Runtime/") },
            check: { file in
                file.findings(in: file.code) { line in
                    has(line, "Task {") || has(line, "Task(") || has(line, "Task.detached")
                        || has(line, "Task.immediate")
                        ? "starts an unstructured task" : nil
                }
            }),
        Rule(
            "unsafe code stays where C is spoken to",
            bad: ("Workers/LeaseIP/Bad.swift", "let x = unsafe pointer.pointee"),
            good: ("Workers/LeaseIP/Good.swift", "let unsafely = 1 // unsafe"),
            applies: { file in
                file.isUnder("Contracts/", "Workers/") && !unsafePlaces.contains { file.path.hasPrefix($0) }
            },
            check: { file in file.findings(in: file.code) { has($0, "unsafe ") ? "unsafe code" : nil } }),
        Rule(
            "names of exchanges and queues are spelled in Contracts/Topology only",
            bad: ("Workers/Relay/Bad.swift", "publish(to: \"ruche.events\")"),
            good: ("Workers/Relay/Good.swift", "// ruche.events\nlet path = \"/ruche/events\""),
            applies: { $0.isSwift && $0.isUnder("Contracts/", "Workers/") && !$0.isUnder("Contracts/Topology") },
            check: { file in
                file.findings(in: file.uncommented) { line in
                    ["\"ruche.commands", "\"ruche.events", "\"ruche.dead"].contains { line.contains($0) }
                        ? "a name that Topology derives" : nil
                }
            }),
        Rule(
            "crash points and sabotage are compiled into test builds only",
            bad: ("Workers/Relay/Bad.swift", "#if FAULTS\na()\n#else\nif Faults.reach(.ack, .before) {}\n#endif"),
            good: (
                "Workers/Relay/Good.swift",
                "#if FAULTS\n#if os(Linux)\n#endif\nif Faults.reach(.ack, .before) {}\n#else\nlet faults = 1\n#endif"
            ),
            applies: { $0.isSwift && $0.isUnder("Contracts/", "Workers/") },
            check: { file in
                // Whether each condition that is open holds in test builds only.
                var conditions: [Bool] = []
                return file.findings(in: file.code) { line in
                    let words = line.split(separator: " ")
                    switch words.first {
                    case "#if": conditions.append(words == ["#if", "FAULTS"])
                    case "#else", "#elseif": conditions[conditions.count - 1] = false
                    case "#endif": conditions.removeLast()
                    default: break
                    }
                    let names = ["Faults.", "Faults ", "Sabotage", "PlannedFault", "FaultPoint", "lostAnswer"]
                    guard !conditions.contains(true), names.contains(where: { has(line, $0) }) else { return nil }
                    return "outside of #if FAULTS"
                }
            }),
        Rule(
            "everything public or package in Contracts and the kit is documented",
            bad: ("Contracts/Bad.swift", "/// Fine.\npublic struct A {\n    public let b: Int\n}"),
            good: (
                "Contracts/Good.swift",
                "/// Fine.\nstruct A {\n    /// Fine.\n    public let b: Int\n    public var description: String\n}"
            ),
            applies: { $0.isSwift && $0.isUnder("Contracts/", "Workers/Kit/") },
            check: { Documentation.missing(in: $0) }),
        Rule(
            "unit tests wait for a signal, not for time",
            bad: ("Tests/AMQP/Bad.swift", "try await Task.sleep(for: .seconds(1))"),
            good: ("Tests/AMQP/Good.swift", "let sleeper = Sleeper()"),
            applies: {
                $0.isSwift && $0.isUnder("Tests/")
                    && !$0.isUnder("Tests/Support/", "Tests/Probe/", "Tests/Integration/", "Tests/Bench/")
            },
            check: { file in
                file.findings(in: file.code) { line in
                    ["Task.sleep", "Thread.sleep", "usleep(", "nanosleep("].contains { has(line, $0) } ? "sleeps" : nil
                }
            }),
    ]

    /// Whether the line holds the text at the beginning of a word.
    static func has(_ line: String, _ text: String) -> Bool {
        line.ranges(of: text).contains { range in
            guard range.lowerBound > line.startIndex else { return true }
            let before = line[line.index(before: range.lowerBound)]
            return !before.isLetter && !before.isNumber && before != "_"
        }
    }
}
