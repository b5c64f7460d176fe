extension Rule {
    static let longestFile = 400
    static let longestFunction = 70
    static let longestLine = 120

    /// Small rooms.
    static let layout = [
        Rule(
            "a file has at most \(longestFile) lines",
            bad: ("Contracts/Long.swift", String(repeating: "\n", count: longestFile + 1)),
            good: ("Contracts/Short.swift", String(repeating: "\n", count: longestFile)),
            applies: { $0.isSwift || $0.isUnder("scripts/") && !$0.path.hasSuffix(".csv") },
            check: { file in
                let count = file.lines.count - (file.lines.last == "" ? 1 : 0)
                return count <= longestFile ? [] : [Finding(path: file.path, line: count, fault: "\(count) lines")]
            }),
        Rule(
            "a line has at most \(longestLine) columns",
            bad: ("Contracts/Wide.swift", String(repeating: "x", count: longestLine + 1)),
            good: ("Contracts/Narrow.swift", String(repeating: "é", count: longestLine)),
            applies: { $0.isSwift },
            check: { file in
                file.findings(in: file.lines) { $0.count > longestLine ? "\($0.count) columns" : nil }
            }),
        Rule(
            "a function has at most \(longestFunction) lines",
            bad: ("Contracts/F.swift", function(lines: longestFunction + 1)),
            good: ("Contracts/F.swift", function(lines: longestFunction) + function(lines: longestFunction)),
            applies: { $0.isSwift },
            check: { file in
                FunctionLengths.measure(file.code).filter { $0.lines > longestFunction }.map {
                    Finding(path: file.path, line: $0.start, fault: "a function of \($0.lines) lines")
                }
            }),
    ]

    private static func function(lines: Int) -> String {
        "    func long(\n        a: Int\n    ) {\n" + String(repeating: "        a()\n", count: lines - 4) + "    }\n"
    }
}
