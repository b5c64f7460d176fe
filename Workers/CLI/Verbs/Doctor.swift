import Runtime

extension Verb {
    static let doctor = Verb(
        path: ["doctor"], summary: "check settings, broker, database and what lies between; every finding with its fix",
        options: [.output], examples: ["ruche doctor", "ruche doctor -o json"]
    ) { invocation in
        let reach = Reach()
        var findings: [Finding] = []
        findings += Diagnosis.settings(reach)
        findings += Diagnosis.broker(reach, paused: Diagnosis.paused(reach))
        findings += Diagnosis.database(reach)
        try Output(invocation).rows(
            ["verdict", "what", "found", "fix"],
            findings.map { [.text($0.verdict.rawValue), .text($0.what), .text($0.found), .text($0.fix)] })
        let failures = findings.count { $0.verdict == .fail }
        if failures > 0 { throw Failure(.failure, "\(failures) checks failed") }
    }
}
