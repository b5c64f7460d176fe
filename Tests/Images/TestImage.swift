import Sealing

@testable import Images

/// An image and the archives that `docker save` makes of it.
struct TestImage {
    /// A file of an archive.
    struct Member {
        var name: String
        var content: [UInt8] = []
        var type: Character = "0"
        var link = ""
    }

    var layers: [[UInt8]] = [TestImage.layer("etc/os-release"), TestImage.layer("usr/sbin/nginx")]
    var reference = "ruche-shop:generic"
    var configuration: String?

    /// A layer of one file.
    static func layer(_ name: String, size: Int = 700) -> [UInt8] {
        var tar = TestTar()
        tar.add(name, [UInt8](repeating: UInt8(ascii: "x"), count: size))
        tar.end()
        return tar.bytes
    }

    var digests: [String] { layers.map { "sha256:" + Hex.text(Digest.sha256($0)) } }

    /// The configuration, with members that nobody here knows.
    var document: [UInt8] {
        let list = digests.map { "\"\($0)\"" }.joined(separator: ",")
        let text =
            configuration ?? """
                {"architecture":"amd64","config":{"User":"10001:10001","Env":["PATH=/usr/bin","A=b c"],\
                "Entrypoint":["/usr/sbin/nginx"],"Labels":{"org.example":"yes"},"StopSignal":"SIGQUIT"},\
                "container":"abc","container_config":{"Cmd":["build"]},"created":"2026-01-02T03:04:05Z",\
                "history":[{"created":"2026-01-02T03:04:05Z","created_by":"import"},{"created_by":"add"}],"os":"linux",\
                "rootfs":{"type":"layers","diff_ids":[\(list)]},"variant":"v1"}
                """
        return Array(text.utf8)
    }

    var id: String { Hex.text(Digest.sha256(document)) }

    /// As engines before 25 write it; each layer in a folder, and one of them a link to another archive's place.
    var classic: [Member] {
        var members: [Member] = []
        for (number, layer) in layers.enumerated() {
            members += [
                Member(name: "\(number)/", type: "5"), Member(name: "\(number)/VERSION", content: Array("1.0".utf8)),
                Member(name: "\(number)/layer.tar", content: layer),
            ]
        }
        members.append(Member(name: "\(id).json", content: document))
        members.append(manifest("\(id).json", layers.indices.map { "\($0)/layer.tar" }))
        members.append(Member(name: "repositories", content: Array("{}".utf8)))
        return members
    }

    /// As engines from 25 on write it: a layout of OCI, with a manifest for those before.
    var layout: [Member] {
        let blobs = ([document] + layers).map { ("blobs/sha256/" + Hex.text(Digest.sha256($0)), $0) }
        return [
            Member(name: "blobs/", type: "5"), Member(name: "blobs/sha256/", type: "5"),
            Member(name: "oci-layout", content: Array(#"{"imageLayoutVersion":"1.0.0"}"#.utf8)),
        ] + blobs.map { Member(name: $0.0, content: $0.1) } + [manifest(blobs[0].0, blobs.dropFirst().map(\.0))]
    }

    func manifest(_ configuration: String, _ layers: [String]) -> Member {
        let list = layers.map { "\"\($0)\"" }.joined(separator: ",")
        let text = #"[{"Config":"\#(configuration)","RepoTags":["\#(reference)"],"Layers":[\#(list)]}]"#
        return Member(name: "manifest.json", content: Array(text.utf8))
    }

    /// The archive of such members.
    static func archive(_ members: [Member]) -> [UInt8] {
        var tar = TestTar()
        for member in members { tar.add(member.name, member.content, type: member.type, link: member.link) }
        tar.end()
        return tar.bytes
    }

    /// The image as it is read from its classic archive.
    func base() throws -> BaseImage { try BaseImage(MemoryBytes(bytes: Self.archive(classic))) }
}
