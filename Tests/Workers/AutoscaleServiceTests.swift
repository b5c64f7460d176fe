import Contracts
import Foundation
import Runtime
import Testing

@testable import CLI

/// What is said on the command line, and who serves what.
@Suite struct AutoscaleServiceTests {
    private static let common = ScaleRules(range: 1...1, target: .seconds(45))
    private static let root = URL(filePath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    @Test(
        arguments: [
            ("lease-ip=1:8", 1...8, 45), ("lease-ip=0:1", 0...1, 45), ("lease-ip=3:3:2m", 3...3, 120),
        ] as [(String, ClosedRange<Int>, Int)])
    func aServiceIsRead(text: String, range: ClosedRange<Int>, target: Int) throws {
        let service = try ScaledService(text, common: Self.common, serving: [:])
        #expect(service.rules.range == range && service.rules.target == .seconds(target))
        #expect(service.commands == [LeaseIP.name, RenewLease.name, ReleaseIP.name, ExpireLease.name])
    }

    @Test(arguments: [
        "lease-ip", "lease-ip=", "lease-ip=1", "lease-ip=2:1", "lease-ip=0:0", "lease-ip=-1:2", "lease-ip=1:1001",
        "=1:2",
        "lease-ip=1:2:", "lease-ip=1:2:0s", "lease-ip=1:2:3", "lease-ip=1:2:3s:4", "lease-ip=a:b", "lease_ip=1:2",
        "renew-lease=1:2",
    ])
    func whatIsNoServiceIsRefused(text: String) {
        #expect(throws: Failure.self) { try ScaledService(text, common: Self.common, serving: [:]) }
    }

    @Test func aServiceOfAnyNameMayServeAnything() throws {
        let (name, commands) = try ScaledService.serving("fast-lane=lease-ip,ingest-logs")
        let service = try ScaledService("\(name)=1:2", common: Self.common, serving: [name: commands])
        #expect(service.commands == [LeaseIP.name, IngestLogs.name])
        for text in ["x", "x=", "=lease-ip", "x=nonsense"] {
            #expect(throws: Failure.self) { try ScaledService.serving(text) }
        }
    }

    @Test func everyExecutableServesWhatItsMainSays() throws {
        var served: Set<CommandName> = []
        let workers = Self.root.appending(path: "Workers")
        for executable in ScaledService.executables {
            let folder = executable.split(separator: "-").map { $0 == "ip" ? "IP" : $0.capitalized }.joined()
            let main = try String(contentsOf: workers.appending(path: "\(folder)/Main.swift"), encoding: .utf8)
            let commands = Set(ScaledService.commands(of: executable))
            for type in Catalogue.commands where main.contains("serve(\(type)Worker(") {
                #expect(commands.contains(type.name), "\(executable) serves \(type.name)")
            }
            for type in Catalogue.commands where commands.contains(type.name) {
                #expect(main.contains("serve(\(type)Worker("), "\(executable) does not serve \(type.name)")
            }
            served.formUnion(commands)
        }
        #expect(served == Set(Catalogue.commands.map { $0.name }))
    }
}
