import Books
import Contracts
import Runtime

/// What a run prints at its end.
struct VerifyOutput {
    let run: VerifyRun
    let report: BooksReport
    let took: Duration

    func print(_ output: Output) {
        let counts = report.counts
        var fields: [(String, Cell)] = [
            ("verdict", .text(report.balances ? "balanced" : "imbalanced")), ("tenant", .text(run.tenant)),
            ("seed", .text(String(run.plan.seed))), ("seconds", .number(Int(took.seconds))),
            ("published", .number(counts.intended)), ("confirmed", .number(counts.confirmed)),
            ("promises", .number(counts.promises)),
        ]
        for outcome in Outcome.allCases { fields.append((outcome.rawValue, .number(counts.outcomes[outcome] ?? 0))) }
        fields += [
            ("effects", .number(counts.effects)), ("events", .number(counts.events)),
            ("received", .number(counts.received)),
        ]
        let faults = run.plan.faults.map { ($0.rawValue, run.committed[$0] ?? 0) }
        switch output.format {
        case .table:
            fields.append(("faults", .text(faults.map { "\($0.1) \($0.0)" }.joined(separator: ", "))))
            output.record(fields)
            guard !report.balances else { return }
            output.line("")
            output.rows(
                ["imbalance", "total", "tenant", "id", "found"],
                report.imbalances.flatMap { imbalance in
                    imbalance.subjects.map {
                        [
                            .text(imbalance.kind.rawValue), .number(imbalance.total), .text($0.tenant), .text($0.id),
                            .text($0.note),
                        ]
                    }
                })
        case .json, .jsonl, .csv, .name:
            fields.append(("faults", .json(Self.object(faults))))
            fields.append(("imbalances", .json(report.imbalancesJSON)))
            fields.append(("desertions", .json(Self.list(run.crew.desertions))))
            output.record(fields)
        }
    }

    private static func list(_ texts: [String]) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginList()
        for text in texts { writer.write(text) }
        writer.endList()
        return writer.bytes
    }

    private static func object(_ counts: [(String, Int)]) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        for (name, count) in counts {
            writer.key(name)
            writer.write(count)
        }
        writer.endObject()
        return writer.bytes
    }
}
