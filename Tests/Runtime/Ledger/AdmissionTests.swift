import Contracts
import Testing

@testable import Runtime

/// The table of `docs/admission.md`, case by case.
@Suite struct AdmissionTests {
    static let arrivals = [0, 1, 2].flatMap { turn in
        [false, true].map { Arrival(turn: turn, isRedelivery: $0) }
    }

    static let standings: [Standing] = JobState.allCases.flatMap { state in
        [0, 1, 2].flatMap { turn in
            [true, false].map { Standing(state: state, turn: turn, sameBody: $0) }
        }
    }

    @Test(arguments: arrivals)
    func aCommandWithoutARowRunsOnlyWhenItComesFromItsProducer(arrival: Arrival) {
        let expected: Admission = arrival.turn > 0 ? .pastHorizon : arrival.isRedelivery ? .runAlone : .run
        #expect(Admission.decide(nil, arrival) == expected)
    }

    @Test(arguments: standings, arrivals)
    func everyStandingMeetsEveryArrival(standing: Standing, arrival: Arrival) {
        let decision = Admission.decide(standing, arrival)
        switch decision {
        case .idReused: #expect(!standing.sameBody)
        case .announce: #expect(standing.sameBody && standing.state.outcome != nil)
        case .ignore:
            #expect(standing.sameBody && standing.state.outcome == nil && arrival.turn < standing.turn)
        case .wake:
            #expect(standing.sameBody && standing.state == .running && arrival.turn >= standing.turn)
        case .run, .runAlone:
            #expect(standing.sameBody && standing.state.outcome == nil && arrival.turn >= standing.turn)
            #expect(standing.state != .running)
            #expect((decision == .runAlone) == arrival.isRedelivery)
        case .pastHorizon: Issue.record("a row that exists is within the horizon")
        }
    }

    @Test(arguments: standings, arrivals)
    func whatHasAnOutcomeNeverRunsAgain(standing: Standing, arrival: Arrival) {
        guard standing.state.outcome != nil else { return }
        let decision = Admission.decide(standing, arrival)
        #expect(decision == (standing.sameBody ? .announce : .idReused))
    }

    @Test func statesAreStoredAsOneLetterEach() {
        #expect(Set(JobState.allCases.map(\.rawValue)).count == JobState.allCases.count)
        #expect(Set(JobState.allCases.compactMap(\.outcome)) == Set(Outcome.allCases))
    }
}
