import Contracts
import Processes
import Runtime
import SSH

/// A shop on its way to another version: what is common to deploying and rolling back.
///
/// Until the version counts as serving whatever fails is undone, and the version before serves as if nothing had been;
/// from then on nothing is undone, and what is left to do is done by whoever has the run.
struct Rollout: Sendable {
    let desk: ShopDesk
    let door: ServerDoor
    let home: StoredShop.Home
    /// As it was before.
    let shop: StoredShop

    private var run: Run { desk.run }

    /// Keeps a step, tells people of it, and writes it to the log of the run. A point of ending. Whoever takes the run
    /// over begins anew, so what kills its process at a step kills the next one, too: the deaths go on being counted.
    func enter(_ step: RolloutStep, _ text: String? = nil) async throws(Rejection) {
        try await run.record([RunLine(.started, step: step.rawValue, at: door.domain, text: text ?? step.sentence)])
        try await run.checkpoint(RolloutMark(step), progress: step.progress, isFurther: false)
    }

    /// Asks the server for nothing but an answer: what cannot begin for want of one has nothing to undo.
    func greet() async throws(Rejection) {
        do throws(SSHError) { try await door.call(["true"]) } catch { throw Rejection(error, "Reaching the server") }
    }

    /// Why the server is out of reach, if it is. Where that may be so for a moment only, it is asked three times.
    func loss() async throws(Rejection) -> Rejection? {
        var left = 3
        while true {
            do throws(SSHError) {
                try await door.call(["true"])
                return nil
            } catch {
                left -= 1
                let rejection = Rejection(error, "Reaching the server")
                if [.keyRefused, .hostKeyChanged].contains(error.code) { return rejection }
                // Anything else says more of the worker, or that the server is there.
                guard [.unreachable, .timedOut].contains(error.code) else { throw rejection }
                if left == 0 { return rejection }
            }
            try await run.sleep(for: .seconds(2))
        }
    }

    /// Writes to the log of the run.
    func note(_ state: RunLine.State, _ step: RolloutStep, _ text: String) async throws(Rejection) {
        try await run.record([RunLine(state, step: step.rawValue, at: door.domain, text: text)])
    }

    /// Starts a version in its slot, waits until it answers, has the proxy lead to it, asks it through that, and has it
    /// count as serving.
    func turn(to release: StoredRelease, in slot: ShopDeployed.Slot) async throws(Rejection) {
        try await enter(.start)
        do throws(SSHError) { try await door.start(release, in: slot) } catch {
            throw Rejection(error, "Starting the container")
        }
        try await enter(.health)
        try await awaitHealth(of: release, in: slot)
        try await enter(.switch)
        try await desk.checkLease(home)
        try await door.set(slot, .ready)
        if shop.active == nil { try await door.enter() }
        try await door.set(slot.other, shop.active == nil ? .maint : .drain)
        try await door.saveProxy()
        try await enter(.verify)
        try await verify(release)
        try await enter(.record)
        try await desk.commit(StoredShop.Turn(release: release.number, slot: slot), at: home)
    }

    /// Asks a version on its own port until it has answered well so often in a row.
    ///
    /// - Throws: `health-check-failed`, with the last lines of its log.
    private func awaitHealth(of release: StoredRelease, in slot: ShopDeployed.Slot) async throws(Rejection) {
        let end = ContinuousClock.now + ShopSettings.patience
        var row = 0
        var last = "It does not listen."
        while row < ShopSettings.goodAnswers {
            try run.proceed()
            let answer: WebAnswer?
            do throws(SSHError) {
                answer = WebAnswer(
                    try await door.ssh.exchange(port: door.port(slot), WebAnswer.question(to: door.domain)))
            } catch {
                // Nobody listens, or nobody answers: that is what is asked. Anything else is about the server.
                guard error.code == .closed || error.code == .timedOut else {
                    throw Rejection(error, "Asking the container")
                }
                answer = nil
            }
            if answer?.isUp(release.tag) == true {
                row += 1
                continue
            }
            row = 0
            if let answer { last = "It answers with \(answer.status)." }
            guard ContinuousClock.now < end else { throw try await unhealthy(release, last) }
            try await run.sleep(for: .milliseconds(300))
        }
    }

    /// The refusal of a version that does not answer as it should; its last lines go into the log of the run.
    private func unhealthy(_ release: StoredRelease, _ last: String) async throws(Rejection) -> Rejection {
        let lines = await door.log(of: release.container)
        try await run.record(
            [RunLine(.failed, step: RolloutStep.health.rawValue, at: door.domain, text: last)]
                + lines.map { RunLine(.note, step: "container-log", at: door.domain, text: $0) })
        let said = lines.joined(separator: "\n")
        return .refused("health-check-failed", "\(last) Its last lines:\n\(said.suffix(4000))")
    }

    /// Asks for the shop as its customers do.
    ///
    /// - Throws: `verify-failed`.
    private func verify(_ release: StoredRelease) async throws(Rejection) {
        let end = ContinuousClock.now + .seconds(10)
        while true {
            try run.proceed()
            let (address, domain) = (home.address, door.domain)
            let answer = await OffPool.run("verify") { WebAnswer.ask(address, for: domain) }
            if answer?.isUp(release.tag) == true { return }
            guard ContinuousClock.now < end else {
                let said = answer.map { "It answers with \($0.status)." } ?? "Nobody answers."
                throw .refused("verify-failed", "The proxy of the server does not lead to the version: \(said)")
            }
            try await run.sleep(for: .milliseconds(300))
        }
    }

    /// What is left to do when a version serves: those who are served by the one before are served to their end, and it
    /// goes, and images that are of no use. Heeds no wish to end: the version serves already.
    func finish(_ active: StoredShop.Turn) async throws(Rejection) {
        let door = door.steadfast
        try await door.close(active.slot.other, upTo: ShopSettings.drain)
        try await door.saveProxy()
        let releases = try await desk.releases()
        let container = releases.first { $0.number == active.release }?.container
        let gone = releases.superfluous(keeping: ShopSettings.kept, active: active.release)
        let kept = Set(releases.filter { $0.isThere && !gone.contains($0) }.map(\.tag))
        do throws(SSHError) {
            for name in try await door.containers() where name != container { try await door.remove(name) }
            try await door.removeImages(gone.map(\.tag).filter { !kept.contains($0) })
        } catch {
            throw Rejection(error, "Removing the version before")
        }
        let numbers = gone.map(\.number)
        if !numbers.isEmpty { try await desk.write { ShopBook.forget(numbers, of: $0, $1) } }
    }
}
