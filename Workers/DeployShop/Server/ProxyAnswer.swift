package import Contracts

/// What HAProxy's socket says.
package enum ProxyAnswer {
    /// How a slot stands.
    package enum SlotState: Sendable, Equatable {
        /// It serves.
        case ready
        /// It serves whom it serves, and nobody new.
        case drain
        /// It is closed.
        case maint
    }

    /// What is wrong, when a command that changes something was answered with more than an empty line.
    package static func complaint(_ lines: [String]) -> String? {
        let said = lines.filter { !$0.allSatisfy(\.isWhitespace) }
        return said.isEmpty ? nil : String(said.joined(separator: " ").prefix(300))
    }

    /// The slots of a place, as `show servers state` shows them (HAProxy's management guide, 9.3).
    package static func slots(_ lines: [String]) -> [ShopDeployed.Slot: SlotState] {
        var slots: [ShopDeployed.Slot: SlotState] = [:]
        for line in lines where !line.hasPrefix("#") {
            let cells = line.split(separator: " ")
            guard cells.count > 6, let slot = ShopDeployed.Slot(rawValue: String(cells[3])), let flags = Int(cells[6])
            else { continue }
            // Closed by somebody or by inheritance; to be drained likewise. 4 says how it began, and nothing of now.
            slots[slot] = flags & 0x23 != 0 ? .maint : flags & 0x18 != 0 ? .drain : .ready
        }
        return slots
    }

    /// The places that a name leads to, as `show map` shows them: one, none, or what somebody added by hand.
    package static func places(of domain: String, _ lines: [String]) -> [String] {
        lines.compactMap { line in
            let cells = line.split(separator: " ")
            return cells.count == 3 && cells[0].hasPrefix("0x") && cells[1] == domain ? String(cells[2]) : nil
        }
    }

    /// How many requests a slot has in hand, as `show stat` shows it; `nil` when it shows no such slot.
    package static func sessions(of slot: ShopDeployed.Slot, _ lines: [String]) -> Int? {
        for line in lines where !line.hasPrefix("#") {
            let cells = line.split(separator: ",", omittingEmptySubsequences: false)
            if cells.count > 4, cells[1] == slot.rawValue { return Int(cells[4]) }
        }
        return nil
    }
}
