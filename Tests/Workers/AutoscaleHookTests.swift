import Testing

@testable import CLI

/// The program of an operator's that starts and stops replicas.
@Suite struct AutoscaleHookTests {
    @Test func itIsCalledWithTheServiceAndTheNumber() throws {
        let result = try HookProcess.run("printf '%s|'", ["a b", "3"], within: .seconds(30))
        #expect(result.ending == .exited(0) && result.output == "a b|3|")
        #expect(try HookProcess.run("exit 7; :", ["x"], within: .seconds(30)).ending == .exited(7))
        #expect(try HookProcess.run("kill -9 $$; :", ["x"], within: .seconds(30)).ending == .killed(by: 9))
    }

    @Test func theNumberThatItPrintsIsRead() throws {
        #expect(try ExecActuator("echo 4 #").replicas(of: "lease-ip") == 4)
        for command in ["echo four #", "true", "echo 4; false", "echo -1 #", "no-such-program-anywhere"] {
            #expect(throws: Failure.self) { try ExecActuator(command).replicas(of: "lease-ip") }
        }
    }

    @Test func whatItLeavesBehindIsNotWaitedFor() throws {
        // The process in the background has the pipe, and goes on until it is told that nobody reads.
        let result = try HookProcess.run("echo 2; (while echo; do sleep 1; done) & :", ["x"], within: .seconds(600))
        #expect(result.output.hasPrefix("2\n"))
    }

    @Test func oneThatDoesNotEndIsEnded() {
        #expect(throws: Failure.self) {
            try HookProcess.run("sleep 600; :", ["x"], within: .milliseconds(50))
        }
    }
}
