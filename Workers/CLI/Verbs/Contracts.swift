import Contracts

extension Verb {
    static let contractsList = Verb(
        path: ["contracts", "list"], summary: "the commands of this edition", options: [.output],
        examples: ["ruche contracts list"]
    ) { invocation in
        try Output(invocation).rows(
            ["command", "version", "identity", "fields", "summary"],
            Catalogue.commands.map { command in
                [
                    .text(command.name.rawValue), .number(command.version), .text(command.identity.rawValue),
                    .number(command.fieldDescriptions.count), .text(command.summary),
                ]
            })
    }

    static let contractsShow = Verb(
        path: ["contracts", "show"], summary: "the fields of a command and of its completion", arguments: ["COMMAND"],
        options: [.output], examples: ["ruche contracts show lease-ip"]
    ) { invocation in
        let command = try Payload.command(named: invocation.arguments[0])
        let parts = [("command", command.fieldDescriptions), ("completion", command.completionDescriptions)]
        try Output(invocation).rows(
            ["part", "field", "type", "required", "secret", "default", "description"],
            parts.flatMap { part, fields in
                fields.map { field in
                    [
                        .text(part), .text(field.name), .text(field.typeText), .flag(field.isRequired),
                        .flag(field.isSecret), field.defaultValue.map { .text($0) } ?? .none, .text(field.description),
                    ]
                }
            })
    }

    static let contractsExample = Verb(
        path: ["contracts", "example"], summary: "a payload to start from", arguments: ["COMMAND"],
        examples: ["ruche contracts example lease-ip > lease.json"]
    ) { invocation in
        emit(String(decoding: try Payload.command(named: invocation.arguments[0]).example.json(), as: UTF8.self))
    }

    static let contractsCheck = Verb(
        path: ["contracts", "check"],
        summary: "compare the contract with a baseline; fails when producers or subscribers would break",
        options: [
            .value("baseline", "FILE", "the baseline, default Contracts/baseline.json"),
            .flag("accept", "write the contract as it is as the new baseline, whatever has changed"), .output,
        ],
        examples: ["ruche contracts check", "ruche contracts check --accept"]
    ) { invocation in
        let file = invocation.value("baseline") ?? "Contracts/baseline.json"
        let now = ContractBaseline(of: Catalogue.commands)
        let isNew = invocation.has("accept") && File.size(file) == nil
        let changes = isNew ? [] : try baseline(file).changes(to: now)
        try Output(invocation).rows(
            ["change", "place", "what"],
            changes.map { [.text($0.weight.rawValue), .text($0.place), .text($0.what)] })
        if invocation.has("accept") {
            try File.write(now.text, to: file)
            return note("ruche: wrote \(file)")
        }
        let breaking = changes.count { $0.weight == .breaking }
        guard breaking == 0 else {
            throw Failure(
                .failure, "\(breaking) of \(changes.count) changes break what was promised",
                "raise the command's version, or take it back; --accept makes it the new baseline")
        }
        note("ruche: \(changes.count) changes, none of them breaks anything")
    }

    private static func baseline(_ file: String) throws(Failure) -> ContractBaseline {
        let bytes: [UInt8]
        do throws(Failure) { bytes = try File.read(file) } catch {
            throw Failure(
                error.code, lines: error.lines + ["name the file with --baseline FILE, or run it in a checkout"])
        }
        do throws(Fault) { return try ContractBaseline(json: bytes, strict: true) } catch {
            throw Failure(.invalid, "\(file): \(error)", "write one with: ruche contracts check --accept")
        }
    }
}
