import Testing

@testable import AMQP
@testable import Runtime

/// When a worker that is connected counts as dead, because it does not consume.
@Suite struct VigilTests {
    static let queue = "ruche.lease-ip"
    static let start = Monotonic(nanoseconds: 0)

    static func status(
        connected: Bool = true, consuming: [String] = [queue], silence: Duration? = .zero
    ) -> ConsumerStatus {
        var status = ConsumerStatus()
        status.connected = connected
        status.consuming = consuming
        status.silence = silence
        return status
    }

    private func isFailing(_ result: CheckResult) -> Bool {
        if case .failing = result { true } else { false }
    }

    @Test func aWorkerIsNotReadyBeforeItKnowsWhatOperatorsHoldBack() {
        let vigil = Vigil(queues: [Self.queue])
        #expect(isFailing(vigil.judgeBeginning()))
        vigil.begin()
        #expect(!isFailing(vigil.judgeBeginning()))
    }

    @Test func aQueueThatIsNotConsumedIsForgivenForAWhile() {
        let vigil = Vigil(queues: [Self.queue])
        let idle = Self.status(consuming: [])
        #expect(!isFailing(vigil.judge(idle, now: Self.start)))
        #expect(!isFailing(vigil.judge(idle, now: Self.start + .seconds(60))))
        #expect(isFailing(vigil.judge(idle, now: Self.start + .seconds(61))))
    }

    @Test func consumingOnceMoreStartsThePatienceAnew() {
        let vigil = Vigil(queues: [Self.queue])
        let idle = Self.status(consuming: [])
        #expect(!isFailing(vigil.judge(idle, now: Self.start)))
        #expect(!isFailing(vigil.judge(Self.status(), now: Self.start + .seconds(59))))
        #expect(!isFailing(vigil.judge(idle, now: Self.start + .seconds(61))))
        #expect(isFailing(vigil.judge(idle, now: Self.start + .seconds(122))))
    }

    @Test func beingDisconnectedIsNoReasonToRestart() {
        let vigil = Vigil(queues: [Self.queue])
        let away = Self.status(connected: false, consuming: [], silence: .seconds(900))
        for second in 0...300 { #expect(!isFailing(vigil.judge(away, now: Self.start + .seconds(second)))) }
    }

    @Test func whatIsPausedOnPurposeIsNotMissed() {
        let vigil = Vigil(queues: [Self.queue])
        vigil.want([])
        let idle = Self.status(consuming: [])
        for second in 0...300 { #expect(!isFailing(vigil.judge(idle, now: Self.start + .seconds(second)))) }
        vigil.want([Self.queue])
        #expect(!isFailing(vigil.judge(idle, now: Self.start + .seconds(301))))
        #expect(isFailing(vigil.judge(idle, now: Self.start + .seconds(362))))
    }

    @Test(arguments: [(60, false), (61, true)])
    func aBrokerThatIsNotHeardOnALivingConnectionIsAnAilment(seconds: Int, ails: Bool) {
        let vigil = Vigil(queues: [Self.queue])
        #expect(isFailing(vigil.judge(Self.status(silence: .seconds(seconds)), now: Self.start)) == ails)
    }
}
