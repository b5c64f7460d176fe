import Contracts
import Runtime
import SSH

/// How what does not serve is undone.
extension Rollout {
    /// Has the version before serve, and removes what came after it, whoever brought it. If there was none before, the
    /// name leads nowhere. Heeds no wish to end.
    ///
    /// - Parameter next: what was to serve; `nil` when nothing was begun.
    func undo(_ next: StoredShop.Turn?) async throws(Rejection) {
        let door = door.steadfast
        if let active = shop.active {
            if try await door.slots()[active.slot] != .ready { try await door.set(active.slot, .ready) }
            try await door.close(active.slot.other, upTo: .seconds(10))
        } else {
            try await door.withdraw()
            for slot in ShopDeployed.Slot.allCases { try await door.close(slot, upTo: .seconds(10)) }
        }
        try await door.saveProxy()
        let releases = try await desk.releases()
        let serving = releases.first { $0.number == shop.active?.release }?.container
        let kept = Set(releases.filter(\.isThere).map(\.tag))
        let unused = releases.filter { $0.number == next?.release && !$0.isThere && !kept.contains($0.tag) }
        do throws(SSHError) {
            for name in try await door.containers() where name != serving { try await door.remove(name) }
            try await door.removeImages(unused.map(\.tag))
        } catch {
            throw Rejection(error, "Removing what was begun")
        }
    }

    /// Sees to what an earlier holder, or an earlier run, has left.
    func clearUp() async throws(Rejection) {
        switch shop.leftover {
        case .nothing: return
        case .undone(let next):
            try await undo(next)
            try await desk.undo(next)
        case .unfinished(let active):
            try await finish(active)
            try await desk.write(ShopBook.clearTurn)
        }
    }

    /// Undoes what was begun because of `rejection`, unless the run goes on elsewhere. What cannot be undone now is
    /// noted with the shop, and the next run of it undoes it first.
    func giveUp(_ next: StoredShop.Turn, because rejection: Rejection) async {
        if desk.run.goesOn(after: rejection) { return }
        let text = "\(rejection.reason.reason): \(rejection.reason.message.prefix(1000))"
        do throws(Rejection) {
            try await desk.run.record([RunLine(.failed, step: "undo", at: door.domain, text: text)])
            try await undo(next)
            try await desk.undo(next)
            try await desk.run.record([RunLine(.changed, step: "undo", at: door.domain, text: "All is as before.")])
        } catch {
            let text = "What was begun is still there: \(error.reason.message.prefix(1000))"
            try? await desk.run.record([RunLine(.unreachable, step: "undo", at: door.domain, text: text)])
        }
    }
}
