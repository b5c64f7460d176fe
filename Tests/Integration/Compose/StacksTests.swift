import Foundation
import TestSupport
import Testing

/// What is derived from `compose/compose.yaml`, for Swarm and Kubernetes.
@Suite struct StacksTests {
    private static let python = ProcessInfo.processInfo.environment["RUCHE_TEST_PYTHON"]

    @Test(.enabled(if: python != nil || TestServers.isCI, "needs scripts/test's Python"))
    func theyAreUpToDateAndKeepToTheSchemas() throws {
        let result = try FinishedProcess(
            path: Checkout.path("scripts/lib/stacks"), arguments: ["--check"],
            environment: ProcessInfo.processInfo.environment)
        #expect(result.status == 0, "\(result.output)\(result.errors)")
    }
}
