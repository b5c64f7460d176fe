import Testing

@testable import Runtime

@Suite("Retry policies")
struct RetryPolicyTests {
    private let policy = RetryPolicy(attempts: 5, base: .seconds(1), cap: .seconds(30))

    @Test(
        "The ceiling doubles with each attempt up to the cap",
        arguments: [
            (-1, 1), (0, 1), (1, 1), (2, 2), (3, 4), (4, 8), (5, 16), (6, 30), (40, 30), (Int.max, 30),
        ])
    func ceilings(attempt: Int, seconds: Int) { #expect(policy.ceiling(after: attempt) == .seconds(seconds)) }

    @Test(
        "The delay is the drawn part of the ceiling", arguments: [(0.0, 0), (0.25, 2000), (0.5, 4000), (0.875, 7000)])
    func delays(random: Double, milliseconds: Int) {
        #expect(policy.delay(after: 4, random: random) == .milliseconds(milliseconds))
    }

    @Test("A cap that is not larger than the base makes every wait its size at most")
    func flat() {
        let flat = RetryPolicy(attempts: .max, base: .seconds(1), cap: .seconds(1))
        #expect((1...100).allSatisfy { flat.ceiling(after: $0) == .seconds(1) })
    }

    @Test("The longest base does not overflow")
    func longest() {
        let long = RetryPolicy(attempts: 2, base: .seconds(86_400 * 365 * 100), cap: .seconds(86_400 * 365 * 200))
        #expect(long.ceiling(after: 50) == long.cap)
    }

    @Test("A policy that could never wait, or never try, is a mistake in the program")
    func misuse() async {
        await #expect(processExitsWith: .failure) { _ = RetryPolicy(attempts: 0) }
        await #expect(processExitsWith: .failure) { _ = RetryPolicy(base: .seconds(2), cap: .seconds(1)) }
        await #expect(processExitsWith: .failure) { _ = RetryPolicy(base: .zero) }
    }
}
