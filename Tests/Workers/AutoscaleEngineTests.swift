import Contracts
import Foundation
import TestSupport
import Testing

@testable import CLI

/// What the engine is asked for.
@Suite struct AutoscaleEngineTests {
    private static func container(_ number: Int, hash: String = "h1", created: Int = 0) -> FakeEngine.Container {
        FakeEngine.Container(
            id: "c\(number)-0123456789abcdef", name: "shop-lease-ip-\(number)", number: number, hash: hash,
            created: created)
    }

    private func with(
        _ engine: FakeEngine, project: String? = nil, _ body: (ComposeActuator, ScriptedServer) throws -> Void
    ) throws {
        let path = "/tmp/ruche-engine-\(UUID().uuidString.prefix(13)).sock"
        defer { try? FileManager.default.removeItem(atPath: path) }
        try ScriptedServer.with(at: path) { request, _ in
            engine.answer(request)
        } _: { server in
            try body(ComposeActuator(try DockerEngine("unix://\(path)"), project: project), server)
        }
    }

    @Test func oneMoreIsACopyWithAnotherNumber() throws {
        let engine = FakeEngine([Self.container(1), Self.container(3, created: 5)])
        try with(engine) { actuator, _ in
            #expect(try actuator.replicas(of: "lease-ip") == 2)
            try actuator.scale("lease-ip", to: 4)
            #expect(engine.containers.map(\.number) == [1, 3, 2, 4])
            #expect(engine.containers.allSatisfy { $0.state == "running" })
            #expect(try actuator.replicas(of: "lease-ip") == 4)
        }
        let first = try #require(engine.made.first)
        #expect(
            first
                == #"{"Image":"ruche:local","Labels":{"com.docker.compose.container-number":"2"},"#
                + #""HostConfig":{"NetworkMode":"shop_backend"},"#
                + #""NetworkingConfig":{"EndpointsConfig":{"shop_backend":{"Aliases":["lease-ip"]}}}}"#)
    }

    @Test func oneThatWasStoppedIsStartedBeforeOneIsMade() throws {
        var idle = Self.container(2)
        idle.state = "exited"
        var old = Self.container(3, hash: "h0")
        old.state = "exited"
        let engine = FakeEngine([Self.container(1, created: 9), idle, old])
        try with(engine) { actuator, _ in
            try actuator.scale("lease-ip", to: 2)
            #expect(engine.made.isEmpty)
            #expect(engine.containers.map(\.state) == ["running", "running", "exited"])
        }
    }

    @Test func thoseThatEndAreNotWaitedForAndRemovedLater() throws {
        let engine = FakeEngine((1...3).map { Self.container($0) })
        try with(engine) { actuator, _ in
            try actuator.scale("lease-ip", to: 1)
            #expect(engine.stopped.map { $0.prefix(2) } == ["c3", "c2"])
            #expect(try actuator.replicas(of: "lease-ip") == 1, "those that are about to end are none")
            #expect(engine.containers.count == 3)
            engine.change { $0[2].state = "exited" }
            #expect(try actuator.replicas(of: "lease-ip") == 1)
            #expect(engine.containers.count == 2)
        }
    }

    @Test func theLastOneStaysForTheNextToBeMadeFrom() throws {
        let engine = FakeEngine([Self.container(1)])
        try with(engine) { actuator, _ in
            try actuator.scale("lease-ip", to: 0)
            engine.change { $0[0].state = "exited" }
            #expect(try actuator.replicas(of: "lease-ip") == 0)
            #expect(engine.containers.count == 1)
            try actuator.scale("lease-ip", to: 1)
            #expect(engine.containers.map(\.state) == ["running"])
            #expect(try actuator.replicas(of: "lease-ip") == 1)
        }
    }

    @Test func theOrderIsTheOldConfigurationTheUnwellTheHighestNumber() throws {
        var unwell = Self.container(1, created: 7)
        unwell.status = "Up 2 hours (unhealthy)"
        let entries = [
            unwell, Self.container(2, created: 8), Self.container(3, hash: "h0"), Self.container(4, created: 9),
        ]
        let engine = FakeEngine(entries)
        try with(engine) { actuator, _ in try actuator.scale("lease-ip", to: 1) }
        #expect(engine.stopped.map { $0.prefix(2) } == ["c3", "c1", "c4"])
    }

    @Test func severalProjectsAreNotMixed() throws {
        var other = Self.container(1)
        other.project = "other"
        try with(FakeEngine([Self.container(1), other])) { actuator, _ in
            #expect(throws: Failure.self) { try actuator.replicas(of: "lease-ip") }
        }
        try with(FakeEngine([])) { actuator, _ in
            #expect(throws: Failure.self) { try actuator.scale("lease-ip", to: 1) }
        }
        try with(FakeEngine([]), project: "a b") { actuator, server in
            let count = try actuator.replicas(of: "lease-ip")
            #expect(count == 0)
            #expect(server.requests[0].contains("com.docker.compose.project%3Da%20b%22%5D%7D HTTP"))
        }
    }

    @Test(arguments: ["", "docker", "http://x", "ssh://x"]) func anAddressIsASocketOrAPort(address: String) {
        #expect(throws: Failure.self) { try DockerEngine(address) }
    }

    @Test func anEngineThatIsAwayIsAwayForAWhile() throws {
        let engine = try DockerEngine("unix:///nowhere/docker.sock")
        do {
            _ = try engine.get("/containers/json")
            Issue.record("an answer from nowhere")
        } catch {
            #expect(error.code == .unavailable)
        }
    }

    @Test func aSwarmServiceIsSentBackWithAnotherNumber() throws {
        let services = #"""
            [{"ID":"s1","Version":{"Index":42},"Spec":{"Name":"shop_lease-ip",
            "Labels":{"com.docker.stack.namespace":"shop"},"TaskTemplate":{"ForceUpdate":0},
            "Mode":{"Replicated":{"Replicas":2}}}},
            {"ID":"s2","Version":{"Index":1},"Spec":{"Name":"shop_cache","Mode":{"Global":{}}}}]
            """#
        let path = "/tmp/ruche-engine-\(UUID().uuidString.prefix(13)).sock"
        defer { try? FileManager.default.removeItem(atPath: path) }
        try ScriptedServer.with(at: path) { request, _ in
            [ScriptedServer.answer("200 OK", request.hasPrefix("GET") ? services : "{}")]
        } _: { server in
            let actuator = SwarmActuator(try DockerEngine("unix://\(path)"), stack: nil)
            #expect(try actuator.replicas(of: "lease-ip") == 2)
            try actuator.scale("lease-ip", to: 5)
            let update = try #require(server.requests.last)
            #expect(update.hasPrefix("POST /services/s1/update?version=42 HTTP/1.1"))
            #expect(update.hasSuffix(#""TaskTemplate":{"ForceUpdate":0},"Mode":{"Replicated":{"Replicas":5}}}"#))
            for other in ["shop_cache", "cache", "nothing"] {
                #expect(throws: Failure.self) { try actuator.replicas(of: other) }
            }
        }
    }
}

/// One container made from the description of another.
@Suite struct ContainerCopyTests {
    private static func original(name: String = "/p_lease-ip_1", mode: String = "p_b", host: String = "c0ffee000000")
        throws -> JSONTree
    {
        try JSONTree(
            parsing: Array(
                #"""
                {"Id":"c0ffee0000001111","Name":"\#(name)","Config":{"Hostname":"\#(host)","Env":["A=b"],
                "Entrypoint":null,"Healthcheck":{"Interval":10000000000},
                "Labels":{"com.docker.compose.container-number":"1","x":"y"}},
                "HostConfig":{"NetworkMode":"\#(mode)","Memory":67108864},"NetworkSettings":{"Networks":{
                "p_a":{"Aliases":["lease-ip"],"IPAMConfig":{"IPv4Address":"10.0.0.9"}},
                "p_b":{"Aliases":["lease-ip","c0ffee000000","p_lease-ip_1"],"MacAddress":"02:42"}}}}
                """#.utf8))
    }

    private static func text(_ copy: ContainerCopy) -> String { String(decoding: copy.document.bytes, as: UTF8.self) }

    @Test func whatBelongsToTheOriginalAloneIsLeftOut() throws {
        let copy = try ContainerCopy(of: Self.original(), number: 4, image: "sha256:7")
        #expect(copy.name == "p_lease-ip_4")
        #expect(
            Self.text(copy)
                == #"{"Env":["A=b"],"Entrypoint":null,"Healthcheck":{"Interval":10000000000},"#
                + #""Labels":{"com.docker.compose.container-number":"4","x":"y"},"Image":"sha256:7","#
                + #""HostConfig":{"NetworkMode":"p_b","Memory":67108864},"#
                + #""NetworkingConfig":{"EndpointsConfig":{"p_b":{"Aliases":["lease-ip"]}}}}"#)
        #expect(copy.connections.map(\.network) == ["p_a"])
    }

    @Test func aHostNameThatWasSetAndANetworkOfTheHostStay() throws {
        let copy = try ContainerCopy(of: Self.original(mode: "host", host: "own"), number: 2, image: "i")
        #expect(Self.text(copy).contains(#""Hostname":"own""#))
        #expect(!Self.text(copy).contains("NetworkingConfig") && copy.connections.isEmpty)
    }

    @Test(arguments: ["/lease", "/9"]) func aContainerWithANameOfItsOwnHasNoReplica(name: String) throws {
        #expect(throws: Failure.self) { try ContainerCopy(of: Self.original(name: name), number: 2, image: "i") }
    }
}
