import Foundation
import Glibc
import TestSupport
import Testing

/// What tests start ends with them, whichever way they end.
@Suite struct SupervisionTests {
    @Test(.servers) func aSupervisedProcessEndsWithWhoeverSupervises() throws {
        try withCluster { cluster in
            var relay: Supervised? = Supervised(cluster, "relay")
            try eventually("it runs") { relay?.count(of: #""ready""#) == 1 }
            let id = try #require(relay?.id)
            // As when a scene fails to start: nobody gets to stop it.
            relay = nil
            #expect(kill(id, 0) == -1 && errno == ESRCH)
        }
    }

    @Test func aProcessEndsWithTheTestProcessThatStartedIt() throws {
        let sleeper = Process()
        sleeper.executableURL = URL(filePath: "/bin/sleep")
        sleeper.arguments = ["600"]
        try sleeper.run()
        var watcher: ProcessGuard? = ProcessGuard()
        watcher?.watch(sleeper.processIdentifier)
        // The pipe is closed, as by the end of a process.
        watcher = nil
        sleeper.waitUntilExit()
        #expect(sleeper.terminationReason == .uncaughtSignal && sleeper.terminationStatus == SIGKILL)
    }
}
