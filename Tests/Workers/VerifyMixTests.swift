import AMQP
import Books
import Contracts
import Testing

@testable import CLI

/// What `ruche verify` is about to do, before it does it.
@Suite struct VerifyMixTests {
    @Test func theSameSeedDrawsTheSameAndAnotherAnother() {
        func bodies(_ seed: UInt64) -> [[UInt8]] {
            var mix = VerifyMix(tenant: "t", seed: seed, besides: [])
            return mix.next(200).map(\.message.body)
        }
        #expect(bodies(1) == bodies(1))
        #expect(bodies(1) != bodies(2))
    }

    @Test func everyKindOfTroubleIsAmongTheCommands() {
        var mix = VerifyMix(tenant: "t", seed: 3, besides: [])
        let drafts = mix.next(1000)
        let texts = drafts.map { String(decoding: $0.message.body, as: UTF8.self) }
        for act in VerifyCommand.Act.allCases { #expect(texts.contains { $0.contains(act.rawValue) }, "\(act)") }
        #expect(texts.contains("{") && texts.contains("{}"))
        let ids = drafts.map(\.message.properties.messageID)
        #expect(ids.contains(nil))
        #expect(Set(ids).count < drafts.count - 50, "duplicates")
        let owners = Set(drafts.compactMap { $0.message.properties.headers[Topology.tenantHeader]?.stringValue })
        #expect(owners == ["t", "t-b"])
        #expect(drafts.contains { $0.message.properties.headers[Topology.expiresAtHeader] != nil })
        #expect(drafts.allSatisfy { !$0.intention.endings.isEmpty && !$0.intention.endings.contains(.dead) })
    }

    @Test(arguments: [("kill,stop,kill", ["kill", "stop"]), ("none", [])]) func faultsAreListed(
        text: String, names: [String]
    ) throws {
        #expect(try VerifyFault.list(text).map(\.rawValue) == names)
    }

    @Test(arguments: ["", "kil", "kill,,stop", "ALL"]) func whatIsNoFaultIsRefused(text: String) {
        #expect(throws: Failure.self) { try VerifyFault.list(text) }
    }

    @Test func everyFaultHasItsTurns() throws {
        for faults in 1...6 {
            var plan = try VerifyPlan(Invocation(.verify, [])) { nil }
            plan.faults = Array(VerifyFault.allCases.prefix(faults))
            for commands in [1, 50, 400, 100_000] {
                plan.commands = commands
                #expect(plan.chunk >= 1 && plan.chunk <= 200)
                #expect(commands < 50 || (commands - 1) / plan.chunk + 1 >= 3 * faults, "\(commands) \(faults)")
            }
        }
    }

    @Test func connectionsAreLeftAloneWithoutTheManagementAPI() throws {
        let plan = try VerifyPlan(Invocation(.verify, [])) { "no" }
        #expect(!plan.faults.contains(.connection) && plan.unavailable.count == 1)
        #expect(throws: Failure.self) {
            try VerifyPlan(Invocation(.verify, ["--faults", "connection"])) { "no" }
        }
    }
}
