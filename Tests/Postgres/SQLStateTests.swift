import Postgres
import Testing

@Suite struct SQLStateTests {
    @Test(arguments: ["40001", "23505", "57P01"]) func `A code prints as it was read`(_ text: String) throws {
        #expect(try #require(SQLState(text)).description == text)
    }

    @Test(arguments: ["", "4000", "400011", "4000é"]) func `Anything but five ASCII characters is no code`(
        _ text: String
    ) {
        #expect(SQLState(text) == nil)
    }

    @Test func `A family matches its members only`() {
        #expect(SQLState.Family.transactionRollback ~= SQLState.deadlockDetected)
        #expect(!(SQLState.Family.transactionRollback ~= SQLState.uniqueViolation))
    }
}
