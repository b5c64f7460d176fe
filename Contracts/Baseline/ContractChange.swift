/// One difference between a contract and its baseline.
public struct ContractChange: Hashable, Sendable {
    /// What a difference means for those who rely on the contract.
    public enum Weight: String, Sendable, CaseIterable {
        /// Those who were right before still are.
        case added
        /// A producer or a subscriber that was right before can now be wrong.
        case breaking
        /// It would break, but the version of the command was raised: both are served.
        case versioned
    }

    /// What it means.
    public let weight: Weight
    /// Where: `lease-ip /ttlSeconds`, `lease-ip completion /fence`.
    public let place: String
    /// What is different, in a few words.
    public let what: String

    /// A difference.
    public init(_ weight: Weight, _ place: String, _ what: String) {
        self.weight = weight
        self.place = place
        self.what = what
    }
}

extension ContractBaseline {
    /// What is different in `later`, command by command.
    ///
    /// A payload may only be taken more widely: a field removed, a new required field, another kind, a narrower range
    /// or choice break producers. A completion may only be said more narrowly: a field removed or no longer always
    /// there, another kind, a wider range break subscribers; a new word of a choice does not, since readers keep a
    /// default branch. Cost: one look at each field.
    public func changes(to later: ContractBaseline) -> [ContractChange] {
        var changes: [ContractChange] = []
        let now = Dictionary(uniqueKeysWithValues: later.commands.map { ($0.name, $0) })
        let before = Set(commands.map(\.name))
        for command in commands {
            guard let successor = now[command.name] else {
                changes.append(ContractChange(.breaking, command.name, "the command is removed"))
                continue
            }
            changes += command.changes(to: successor)
        }
        for command in later.commands where !before.contains(command.name) {
            changes.append(ContractChange(.added, command.name, "a new command"))
        }
        return changes
    }
}

extension ContractBaseline.Entry {
    fileprivate func changes(to later: ContractBaseline.Entry) -> [ContractChange] {
        var comparison = ShapeComparison(direction: .taken, place: name)
        if identity == .optional, later.identity == .required { comparison.breaks("an id is needed now") }
        if identity == .required, later.identity == .optional { comparison.adds("an id is no longer needed") }
        if Set(alternatives) != Set(later.alternatives) {
            let isWider = !alternatives.isEmpty && Set(alternatives).isSubset(of: later.alternatives)
            let text = "exactly one of: \(later.alternatives.joined(separator: ", "))"
            if isWider || later.alternatives.isEmpty { comparison.adds(text) } else { comparison.breaks(text) }
        }
        comparison.compare(payload, later.payload)
        var announced = ShapeComparison(direction: .said, place: "\(name) completion")
        announced.compare(completion, later.completion)
        let all = comparison.changes + announced.changes
        guard version != later.version else { return all }
        if later.version < version { return [ContractChange(.breaking, name, "the version went back")] + all }
        let excused = all.map { $0.weight == .breaking ? ContractChange(.versioned, $0.place, $0.what) : $0 }
        return [ContractChange(.added, name, "version \(later.version)")] + excused
    }
}
