import Contracts
import Testing

@testable import Runtime

@Suite struct ScheduledIDTests {
    private static func job(_ id: String) -> Job<ExpireTask> {
        Job(key: .zero, id: id, tenant: "t", attempt: 1, command: ExpireTask(taskId: .zero, version: 1))
    }

    @Test func everyIDEndsWithSixteenDigitsOfItsOwn() {
        let ids = (0..<1000).map { _ in ScheduledID.draw("task:1") }
        #expect(Set(ids).count == 1000)
        for id in ids {
            #expect(id.hasPrefix("task:1:"))
            #expect(id.utf8.count == "task:1:".utf8.count + 16)
            #expect(id.utf8.dropFirst(7).allSatisfy { "0123456789abcdef".utf8.contains($0) })
        }
    }

    @Test(arguments: [
        ("task:1:0123456789abcdef", true), ("task:1:", true), ("task:1", false), ("task:11:0123456789abcdef", false),
        ("task:2:0123456789abcdef", false), ("", false),
    ])
    func anIDIsKnownByItsName(id: String, isKnown: Bool) {
        #expect(Self.job(id).isScheduled(as: "task:1") == isKnown)
    }
}
