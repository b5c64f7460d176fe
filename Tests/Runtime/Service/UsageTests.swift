import Testing

@testable import Runtime

@Suite struct UsageTests {
    @Test func withoutArgumentsAProcessStarts() {
        #expect(Usage.answer(to: [], "lease-ip", "serves leases") == nil)
    }

    @Test(arguments: ["--help", "-h"])
    func theHelpHasThreeLines(argument: String) throws {
        let answer = try #require(Usage.answer(to: [argument], "lease-ip", "serves leases"))
        let lines = answer.text.split(separator: "\n")
        #expect(answer.code == 0)
        #expect(lines.count == 3)
        #expect(lines[0] == "lease-ip: serves leases")
        #expect(lines[1].contains("environment"))
        #expect(lines[2].contains("CHANGELOG.md"))
    }

    @Test(arguments: ["--version", "-V"])
    func theEditionIsTold(argument: String) {
        #expect(Usage.answer(to: [argument], "relay", "") == Usage(text: "relay \(Service.version)", code: 0))
    }

    @Test(arguments: [["start"], [""], ["--port", "80"], ["--help", "now"], ["--version=1"]])
    func anythingElseIsRefused(arguments: [String]) {
        let answer = Usage.answer(to: arguments, "relay", "")
        #expect(answer?.code == 64)
        #expect(answer?.text.contains("relay takes no arguments") == true)
    }
}
