import Testing

@testable import Runtime

/// How long a thread may stand still.
@Suite struct PatienceTests {
    @Test(
        "What is wished for holds, but never for less than the work takes",
        arguments: [
            (nil, 31, 90, 90), (5, 31, 90, 31), (60, 31, 90, 60), (60, 601, 1230, 601), (nil, 601, 90, 601),
        ] as [(Int?, Int, Int, Int)])
    func covering(wish: Int?, work: Int, usually: Int, expected: Int) {
        let patience = Patience(wish: wish.map { .seconds($0) })
        #expect(patience.covering(.seconds(work), usually: .seconds(usually)) == .seconds(expected))
    }
}
