extension Verb {
    static let completion = Verb(
        path: ["completion"], summary: "print what a shell sources to complete ruche: bash, zsh or fish",
        arguments: ["SHELL", "[WORD]..."],
        examples: ["source <(ruche completion bash)", "ruche completion fish | source"]
    ) { invocation in
        let name = invocation.arguments[0]
        if name == "words" {
            let found = Completion.candidates(Array(invocation.arguments.dropFirst()))
            for candidate in found {
                emit(candidate.help.isEmpty ? candidate.word : "\(candidate.word)\t\(candidate.help)")
            }
            return
        }
        guard let shell = Shell(rawValue: name) else {
            throw Failure(.usage, "completion takes one of \(Shell.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        emit(shell.script)
    }

    static let man = Verb(
        path: ["man"], summary: "print the man page", examples: ["ruche man | man -l -"]
    ) { _ in
        emit(Manual.page)
    }
}
