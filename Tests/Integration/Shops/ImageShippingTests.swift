import Foundation
import Images
import TestSupport
import Testing

/// Images that were made without an engine, given to a real one.
@Suite(.enabled(if: TestServers.isFull && ShopEngine.isThere, "needs an engine, and --full"))
struct ImageShippingTests {
    private let entries: [LayerEntry] = [
        .file("srv/shop/index.html", Array("<h1>Héllo</h1>".utf8)), .file("srv/shop/é 🐝", [0, 1, 2], mode: 0o640),
        .file("srv/" + String(repeating: "long/", count: 30) + "name", [7]),
    ]

    @Test("An engine takes an image without the layers that it has, and refuses one whose layers it has not")
    func missingLayers() throws {
        let engine = try ShopEngine()
        defer { engine.remove() }
        let base = try BaseImage(archive: engine.saved())
        let image = try base.adding(entries, labels: ["dev.ruche.shop": "{{ a }} \"b\""], by: "test")
        #expect(try engine.docker("image", "inspect", "--format", "{{.Id}}", engine.base) == "\(base.id)\n")

        let partial = try image.shipment(as: engine.name, to: try engine.images())
        #expect(partial.missing == Array(image.layers.suffix(1)) && partial.size < 65_536 && !partial.isWhole)
        try partial.write(to: engine.file("partial.tar"))
        try engine.docker("load", "--input", engine.file("partial.tar"))
        let layers = "[" + image.layers.map { "\"\($0)\"" }.joined(separator: ",") + "]"
        let inspected = ["image", "inspect", "--format", "{{.Id}} {{json .RootFS.Layers}}", engine.name]
        #expect(try engine.docker(inspected) == "\(image.id) \(layers)\n")
        let label = try engine.docker(
            "image", "inspect", "--format", "{{index .Config.Labels \"dev.ruche.shop\"}}", engine.name)
        #expect(label == "{{ a }} \"b\"\n")
        for entry in entries {
            #expect(try engine.read(entry.path) == entry.content, "\(entry.path)")
        }
        // Now that it has everything, only the documents go along.
        let again = try image.shipment(as: engine.name, to: try engine.images())
        #expect(again.missing.isEmpty)

        try engine.docker("rmi", engine.name, engine.base)
        #expect(throws: TestFailure.self) { try engine.docker("load", "--input", engine.file("partial.tar")) }
        #expect(throws: TestFailure.self) { try engine.docker(inspected) }
        let whole = try image.shipment(as: engine.name, to: HostImages())
        #expect(whole.isWhole && whole.missing == image.layers)
        try whole.write(to: engine.file("whole.tar"))
        try engine.docker("load", "--input", engine.file("whole.tar"))
        #expect(try engine.docker(inspected) == "\(image.id) \(layers)\n")
        // What the engine writes of it is the same image again.
        try engine.docker("save", "--output", engine.file("saved.tar"), engine.name)
        #expect(try BaseImage(archive: engine.file("saved.tar")).id == image.id)
    }
}

/// An engine, that of the environment or of this run, with an image of one test: programs without a system.
private struct ShopEngine {
    /// Where the engine is; nothing when there is none.
    private static let host: String? = {
        let own = ProcessInfo.processInfo.environment
        if let host = own["DOCKER_HOST"] { return host }
        guard let state = own["RUCHE_TEST_ENGINE"] else { return "unix:///var/run/docker.sock" }
        // Through `system`: Foundation's `Process` waits for everything that inherits its socket, and an engine does.
        let script = Checkout.path("scripts/lib/engine")
        _ = unsafe system("'\(script)' start '\(state)' > /dev/null 2>&1 < /dev/null")
        let said = try? FinishedProcess(path: script, arguments: ["env", state], environment: own)
        return said?.output.split(separator: "=", maxSplits: 1).last?.trimmingCharacters(in: .newlines)
    }()
    static let isThere = (try? run(["docker", "version"])) != nil

    let name: String
    let base: String
    private let directory: String

    init() throws {
        let unique = TestServers.uniqueName("images")
        directory = NSTemporaryDirectory() + "/" + unique
        (name, base) = ("ruche-test/\(unique.lowercased()):1", "ruche-test/\(unique.lowercased()):base")
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        try Self.run([
            "sh", "-c",
            """
            libraries=$(ldd /bin/sleep | grep -o '/[^ :]*' | sed 's,^/,,')
            tar -chf - -C / bin/sleep $libraries |
                docker import --change 'ENTRYPOINT ["/bin/sleep"]' - \(base)-1
            printf 'FROM \(base)-1\\nCOPY here /etc/here\\n' > '\(directory)/Dockerfile'
            date +%s%N > '\(directory)/here'
            DOCKER_BUILDKIT=0 docker build --quiet --tag \(base) '\(directory)'
            docker rmi \(base)-1
            """,
        ])
    }

    func file(_ name: String) -> String { directory + "/" + name }

    /// The archive of the base.
    func saved() throws -> String {
        try docker("save", "--output", file("base.tar"), base)
        return file("base.tar")
    }

    /// What a worker asks a host for.
    func images() throws -> HostImages {
        let ids = try docker("image", "ls", "--quiet", "--no-trunc").split(separator: "\n").map(String.init)
        guard !ids.isEmpty else { return HostImages() }
        let lines = try docker(["image", "inspect", "--format", "{{json .RootFS.Layers}}"] + Set(ids))
        return HostImages(lines: lines.split(separator: "\n").map(String.init))
    }

    /// The bytes of a file in the image.
    func read(_ path: String) throws -> [UInt8] {
        let container = try docker("create", name, "1").trimmingCharacters(in: .newlines)
        defer { _ = try? docker("rm", container) }
        try docker("cp", "\(container):/\(path)", file("copy"))
        return Array(try Data(contentsOf: URL(filePath: file("copy"))))
    }

    @discardableResult
    func docker(_ words: String...) throws -> String { try docker(words) }

    @discardableResult
    func docker(_ words: [String]) throws -> String { try Self.run(["docker"] + words) }

    func remove() {
        for image in [name, base, base + "-1"] { _ = try? docker("rmi", image) }
        try? FileManager.default.removeItem(atPath: directory)
    }

    @discardableResult
    private static func run(_ words: [String]) throws -> String {
        var environment = ProcessInfo.processInfo.environment
        environment["DOCKER_HOST"] = host
        let result = try FinishedProcess(path: "/usr/bin/env", arguments: words, environment: environment)
        guard result.status == 0 else { throw TestFailure("\(words): \(result.errors)") }
        return result.output
    }
}
