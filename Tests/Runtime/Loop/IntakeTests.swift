import Testing

@testable import AMQP
@testable import Runtime

/// What a process consumes, which its loops decide together.
@Suite struct IntakeTests {
    private let vigil = Vigil(queues: ["a", "b"], patience: .zero)
    private let intake: Intake
    private static let start = Monotonic(nanoseconds: 1_000_000_000_000)

    init() throws {
        let uri = try AMQPURI(parsing: "amqp://127.0.0.1:1/")
        let consumer = Consumer(uri: uri, name: "test", queues: ["a", "b"], prefetch: 1)
        intake = Intake(["a", "b"], of: consumer, watchedBy: vigil)
    }

    /// What the vigil misses on a connection that consumes nothing: that is what is wanted.
    private var wanted: [String] {
        var status = ConsumerStatus()
        status.connected = true
        _ = vigil.judge(status, now: Self.start)
        guard case .failing(let reason) = vigil.judge(status, now: Self.start + .seconds(1)) else { return [] }
        return reason.split(separator: " ").map { $0.filter { $0 != "," } }.filter { $0 == "a" || $0 == "b" }
    }

    private func read(_ held: Set<String>, at seconds: Int) throws {
        let reading = try #require(intake.begin(now: Self.start + .seconds(seconds)))
        _ = intake.hold(back: held, as: reading)
    }

    @Test("Nothing is consumed before it is known what operators hold back")
    func begin() throws {
        #expect(wanted == [])
        #expect(vigil.judgeBeginning() != .ok)
        try read([], at: 0)
        #expect(vigil.judgeBeginning() == .ok)
        #expect(!wanted.isEmpty)
    }

    @Test("One loop at a time reads it, every two seconds")
    func due() {
        #expect(intake.begin(now: Self.start) == 1)
        #expect(intake.begin(now: Self.start + .seconds(2)) == nil)
        #expect(intake.begin(now: Self.start + .milliseconds(2001)) == 2)
    }

    @Test("Nothing is consumed while one of two loops cannot work, and everything when both can again")
    func resting() throws {
        try read(["b"], at: 0)
        #expect(wanted == ["a"])
        intake.pause(loop: 0)
        #expect(wanted == [])
        intake.pause(loop: 1)
        intake.pause(loop: 1)
        intake.resume(loop: 0)
        #expect(wanted == [], "the other still rests")
        intake.resume(loop: 0)
        #expect(wanted == [])
        intake.resume(loop: 1)
        #expect(wanted == ["a"])
    }

    @Test("What operators say while a loop rests holds when it can work again")
    func heldWhileResting() throws {
        try read([], at: 0)
        intake.pause(loop: 1)
        try read(["a"], at: 3)
        #expect(wanted == [])
        intake.resume(loop: 1)
        #expect(wanted == ["b"])
    }

    @Test("Long commands are not taken while no slot is free; others are")
    func slots() throws {
        let uri = try AMQPURI(parsing: "amqp://127.0.0.1:1/")
        let consumer = Consumer(uri: uri, name: "test", queues: ["a", "b"], prefetch: 1)
        let hasSlot = Monitor(true)
        let intake = Intake(
            ["a", "b"], long: ["a"], hasSlot: { hasSlot.withLock { $0 } }, of: consumer, watchedBy: vigil)
        let reading = try #require(intake.begin(now: Self.start))
        _ = intake.hold(back: [], as: reading)
        #expect(wanted == ["a", "b"])
        hasSlot.withLock { $0 = false }
        intake.review()
        #expect(wanted == ["b"])
        hasSlot.withLock { $0 = true }
        intake.review()
        #expect(wanted == ["a", "b"])
    }

    @Test("A reading that is heard after a later one changes nothing")
    func late() throws {
        let first = try #require(intake.begin(now: Self.start))
        let second = try #require(intake.begin(now: Self.start + .seconds(3)))
        #expect(intake.hold(back: ["a"], as: second) == (["a"], []))
        #expect(intake.hold(back: ["b"], as: first) == ([], []))
        #expect(wanted == ["b"])
    }

    @Test("Two loops that rest, go on and read at once end as the last of each says")
    func loops() throws {
        let loops = (0..<2).map { loop in
            Thread.start(name: "loop \(loop)") { [intake] in
                for turn in 1...500 {
                    intake.pause(loop: loop)
                    if let reading = intake.begin(now: Self.start + .seconds(3 * (2 * turn + loop))) {
                        _ = intake.hold(back: turn % 2 == 0 ? ["a"] : ["b"], as: reading)
                    }
                    intake.resume(loop: loop)
                }
            }
        }
        loops.forEach { $0.join() }
        try read(["a"], at: 10_000)
        #expect(wanted == ["b"])
    }
}
