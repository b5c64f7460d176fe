import Runtime
import Testing

/// What `RUCHE_FAULT` may say.
@Suite struct PlannedFaultTests {
    @Test(arguments: FaultPoint.allCases)
    func whatIsWrittenIsRead(point: FaultPoint) {
        for moment in PlannedFault.Moment.allCases {
            for action in PlannedFault.Action.allCases {
                for nth in [1, 3] {
                    let fault = PlannedFault(point, moment, action, nth: nth)
                    #expect(PlannedFault(fault.description) == fault)
                }
            }
        }
    }

    @Test func itReadsAsItIsDocumented() {
        #expect(PlannedFault("commit:before:kill") == PlannedFault(.commit, .before, .kill))
        #expect(PlannedFault("event-publish:after:error@3") == PlannedFault(.eventPublish, .after, .error, nth: 3))
    }

    @Test(arguments: [
        "", "commit", "commit:before", "commit:before:", "commit:before:stop", "commit:during:kill",
        "comit:before:kill",
        "commit:before:kill:now", "commit:before:kill@", "commit:before:kill@0", "commit:before:kill@-1",
        "commit:before:kill@1@2", "commit:before:kill ",
    ])
    func anythingElseIsNone(text: String) {
        #expect(PlannedFault(text) == nil)
    }

    @Test func aProcessWithoutOneFailsNowhere() {
        for point in FaultPoint.allCases {
            for moment in PlannedFault.Moment.allCases {
                #expect(!Faults.isPlanned(point, moment))
                #expect(!Faults.reach(point, moment))
            }
        }
        #expect(!Sabotage.allCases.contains(where: Sabotage.isOn))
    }
}
