import Runtime
import Synchronization
import Testing

@testable import CLI

/// Who notices that `enqueue --ndjson` stands still.
@Suite struct StandstillTests {
    @Test func aThreadThatDoesNotMoveIsFound() {
        let found = Stop()
        let standstill = Standstill(limit: .milliseconds(80)) { found.request() }
        standstill.watch()
        standstill.move()
        #expect(found.wait(for: .seconds(30)))
    }

    @Test func oneThatRestsIsNot() {
        let found = Stop()
        let standstill = Standstill(limit: .milliseconds(80)) { found.request() }
        standstill.watch()
        standstill.move()
        standstill.rest()
        // Long enough for a dozen looks.
        #expect(!found.wait(for: .milliseconds(200)))
        standstill.move()
        #expect(found.wait(for: .seconds(30)))
    }
}
