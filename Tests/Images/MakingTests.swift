import Contracts
import Foundation
import Testing

@testable import Images

@Suite("Making an image")
struct MakingTests {
    private let base: BaseImage
    private let entries: [LayerEntry] = [
        .file("srv/shop/index.html", Array("<p>Héllo</p>".utf8)), .file("/srv/shop/theme.css", Array("a{}".utf8)),
        .file("srv/shop/é 🐝.txt", [1]), .file("srv/a-b", [], mode: 0o600, owner: 7, group: 8),
        .file("srv/" + String(repeating: "long/", count: 30) + "name", [UInt8](repeating: 9, count: 1500)),
        .directory("srv/a", mode: 0o750, owner: 10001, group: 10001),
        .file("srv/" + String(repeating: "n", count: 96), [2]), .file("srv/" + String(repeating: "m", count: 97), [3]),
    ]

    init() throws { base = try TestImage().base() }

    @Test("The same gives the same, in whatever order it comes; anything else gives another")
    func sameness() throws {
        let labels = ["dev.ruche.shop": "honey", "b": "c"]
        let one = try base.adding(entries, labels: labels, by: "test")
        let other = try base.adding(entries.reversed(), labels: labels, by: "test")
        #expect(one.id == other.id && one.layers == other.layers)
        // On any machine, and by any edition that does not say why not.
        #expect(one.id.hex == "87ebe9727798ab5ba9eec1795abcf6b68346c9a7367e479ed80eeba4b78a5b5c")
        var changed = entries
        changed[1] = .file("/srv/shop/theme.css", Array("b{}".utf8))
        let all = [
            one.id, try base.adding(changed, labels: labels, by: "test").id,
            try base.adding(entries, labels: ["b": "c"], by: "test").id,
            try base.adding(entries, labels: labels, by: "other").id,
            try base.adding(Array(entries.dropLast()), labels: labels, by: "test").id,
        ]
        #expect(Set(all).count == all.count)
    }

    @Test("A release is named after base, files and labels")
    func releases() throws {
        let labels = ["a": "b"]
        let release = try base.release(of: entries, labels: labels)
        #expect(release.count == 16 && release.allSatisfy { $0.isHexDigit })
        #expect(try base.release(of: entries.reversed(), labels: labels) == release)
        let other = try TestImage(layers: [TestImage.layer("other")]).base()
        let all = [
            release, try base.release(of: Array(entries.dropLast()), labels: labels),
            try base.release(of: entries, labels: ["a": "c"]), try base.release(of: entries, labels: [:]),
            try base.release(of: entries, labels: ["a": "b", "": ""]), try other.release(of: entries, labels: labels),
        ]
        #expect(Set(all).count == all.count)
    }

    @Test("Of the configuration only layers, history and labels change")
    func configuration() throws {
        let image = try base.adding(entries, labels: ["dev.ruche.shop": "honey"], by: "deploy-shop")
        let tree = try JSONTree(parsing: image.document.bytes)
        #expect(image.layers.dropLast() == base.layers[...] && image.layers.count == 3)
        #expect(image.labels == ["org.example": "yes", "dev.ruche.shop": "honey"])
        #expect(image.os == "linux" && image.architecture == "amd64")
        #expect(tree["config"]?["Env"]?.elements.map(\.text) == ["PATH=/usr/bin", "A=b c"])
        #expect(tree["config"]?["User"]?.text == "10001:10001" && tree["variant"]?.text == "v1")
        #expect(tree["created"]?.text == "2026-01-02T03:04:05Z")
        #expect(tree["history"]?.elements.map { $0["created_by"]?.text } == ["import", "add", "deploy-shop"])
        #expect(tree["container"] == nil && tree["container_config"] == nil)
        #expect(image.id.description != base.id.description)
    }

    @Test("Labels are any text, and stay it")
    func labels() throws {
        let nasty = "\"; rm -rf / #\n{{ lookup('pipe','id') }} \u{202E}🐝"
        let image = try base.adding([], labels: ["dev.ruche.title": nasty], by: "test")
        #expect(image.labels["dev.ruche.title"] == nasty)
    }

    @Test("The system's tar reads a layer as it was meant")
    func realTar() throws {
        let folder = try Folder()
        let tar = try LayerTar(entries)
        var sink = MemorySink()
        try tar.write(to: &sink)
        #expect(Int64(sink.bytes.count) == tar.size && tar.digest == ImageDigest(of: sink.bytes))
        try folder.write("layer.tar", sink.bytes)
        let listed = try folder.tar("--numeric-owner", "-tvf", folder.file("layer.tar"))
        #expect(listed.contains("-rw------- 7/8               0 2000-01-01 00:00 srv/a-b\n"))
        #expect(listed.contains("drwxr-x--- 10001/10001       0 2000-01-01 00:00 srv/a/\n"))
        #expect(listed.contains("drwxr-xr-x 0/0               0 2000-01-01 00:00 srv/shop/\n"))
        try FileManager.default.createDirectory(atPath: folder.file("out"), withIntermediateDirectories: true)
        try folder.tar("--no-same-owner", "-xf", folder.file("layer.tar"), "-C", folder.file("out"))
        for entry in entries where entry.mode != 0o600 {
            guard let content = entry.content else { continue }
            #expect(try folder.read("out/\(entry.path)") == content, "\(entry.path)")
        }
        // Its parents come before a file, and each path once.
        let names = try folder.tar("-tf", folder.file("layer.tar")).split(separator: "\n").map(String.init)
        #expect(Set(names).count == names.count)
        for name in names {
            let parents = name.split(separator: "/").dropLast()
            for count in parents.indices.map({ $0 + 1 }) {
                let parent = parents.prefix(count).joined(separator: "/") + "/"
                let place = names.firstIndex(of: parent)
                #expect(place != nil && place ?? 0 < names.firstIndex(of: name) ?? 0, "\(parent) before \(name)")
            }
        }
    }

    @Test("A size that eleven digits do not hold is a record of pax")
    func large() throws {
        let size: Int64 = 1 << 34
        let header = TarMember(file: Array("layer.tar".utf8), size: size).header
        #expect(header.count == 1536)
        #expect(String(decoding: header[512..<1024], as: UTF8.self).hasPrefix("20 size=17179869184\n"))
    }

    @Test(
        "Files that cannot stand in a layer",
        arguments: [
            [LayerEntry.file("", [])], [.file("/", [])], [.file("a//b", [])], [.file("a/", [])], [.file("a/./b", [])],
            [.file("../a", [])], [.file("a/../b", [])], [.file("a\u{0}b", [])], [.file("a/.wh.b", [])],
            [.file(String(repeating: "a", count: 256), [])], [.file("a", [], mode: 0o10000)],
            [.file("a", [], owner: -1)], [.file("a", [], group: 1 << 22)], [.file("a", []), .file("/a", [])],
            [.file("a", []), .file("a/b", [])], [.file("a/b/c", []), .file("a/b", [])],
        ])
    func badEntries(_ entries: [LayerEntry]) {
        #expect { try base.adding(entries, labels: [:], by: "test") } throws: {
            ($0 as? ImageError)?.code == .badEntry
        }
    }
}
