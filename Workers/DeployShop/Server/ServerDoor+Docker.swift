import Contracts
import Processes
import Runtime
import SSH

/// The engine of the server. Only containers with our label for this shop are ever touched.
extension ServerDoor {
    /// What tells a shop's containers from everything else.
    private var label: String { "dev.ruche.deployment=\(slug)" }

    /// What a version's image is called there.
    func reference(_ tag: String) -> String { "ruche-shop/\(slug):\(tag)" }

    /// The names of the shop's containers, running or not.
    func containers() async throws(SSHError) -> [String] {
        try await call(["docker", "ps", "--all", "--filter", "label=\(label)", "--format", "{{.Names}}"])
            .filter { !$0.isEmpty }
    }

    /// Removes one of the shop's containers, if it is there. Who is served by it has a moment to be served.
    func remove(_ container: String) async throws(SSHError) {
        guard try await containers().contains(container) else { return }
        try await call(["docker", "stop", "--time", "10", container])
        try await call(["docker", "rm", "--force", "--volumes", container])
    }

    /// Starts a version beside the other. Nothing of its configuration is among the words: that is in the image.
    func start(_ release: StoredRelease, in slot: ShopDeployed.Slot) async throws(SSHError) {
        try await call([
            "docker", "run", "--detach", "--name", release.container, "--label", label,
            "--label", "dev.ruche.version=\(release.number)", "--read-only",
            "--tmpfs", "/tmp:rw,noexec,nosuid,nodev,size=16m", "--cap-drop", "ALL",
            "--security-opt", "no-new-privileges", "--memory", "128m", "--pids-limit", "64",
            "--restart", "unless-stopped",
            "--publish", "127.0.0.1:\(port(slot)):\(ShopSettings.containerPort)", reference(release.tag),
        ])
    }

    /// The last lines that a container wrote.
    func log(of container: String) async -> [String] {
        let words = ["docker", "logs", "--tail", "50", container]
        guard let result = try? await ssh.run(words, heedsCancellation: heedsCancellation) else { return [] }
        return Array((result.output + result.errors).suffix(50))
    }

    /// The layers of an image, as a list in JSON; `nil` when it is not there.
    func layers(of tag: String) async throws(SSHError) -> String? {
        let words = ["docker", "image", "inspect", "--format", "{{json .RootFS.Layers}}", reference(tag)]
        let result = try await ssh.run(words, heedsCancellation: heedsCancellation)
        return result.status == 0 ? result.output.first : nil
    }

    /// The layers of all images that the engine has, a line an image.
    func allLayers() async throws(SSHError) -> [String] {
        let images = Set(try await call(["docker", "image", "ls", "--quiet", "--no-trunc"])).filter { !$0.isEmpty }
        guard !images.isEmpty else { return [] }
        let words = ["docker", "image", "inspect", "--format", "{{json .RootFS.Layers}}"] + images.sorted()
        // One that has gone meanwhile is no fault.
        return try await ssh.run(words, heedsCancellation: heedsCancellation).output
    }

    /// Has the engine read an archive of images.
    func load(_ archive: String) async throws(SSHError) {
        try await call(["docker", "load", "--quiet"], input: .file(archive), timeLimit: .seconds(600))
    }

    /// Removes images that nobody runs any more.
    func removeImages(_ tags: [String]) async throws(SSHError) {
        for tag in Set(tags) where !tag.isEmpty {
            // It may be gone, or another's name for the same.
            _ = try await ssh.run(["docker", "image", "rm", reference(tag)], heedsCancellation: heedsCancellation)
        }
    }

    /// What the engine runs on, such as `linux/amd64`; `nil` when it does not answer.
    func platform() async throws(SSHError) -> String? {
        let words = ["docker", "version", "--format", "{{.Server.Os}}/{{.Server.Arch}}"]
        let result = try await ssh.run(words, heedsCancellation: heedsCancellation)
        return result.status == 0 ? result.output.first : nil
    }

    /// How many bytes are free for images.
    func room() async throws(SSHError) -> Int? {
        try await call(["df", "--output=avail", "--block-size=1", "/var/lib/docker"]).last
            .flatMap { Int($0.filter { !$0.isWhitespace }) }
    }
}
