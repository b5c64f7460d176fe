@testable import CLI
import Contracts
import Testing

struct TaskListTests {
    @Test(arguments: [["--state", "done"], ["--limit", "0"], ["--owner"]])
    func aWrongLineIsAUsageError(words: [String]) {
        let failure = #expect(throws: Failure.self) { try Verb.tasks.run(Invocation(Verb.tasks, words)) }
        #expect(failure?.code == .usage)
    }
}
