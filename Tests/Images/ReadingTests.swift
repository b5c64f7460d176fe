import Foundation
import Testing

@testable import Images

@Suite("Reading what docker save writes")
struct ReadingTests {
    private let image = TestImage()

    private func read(_ members: [TestImage.Member], named reference: String? = nil) throws -> BaseImage {
        try BaseImage(MemoryBytes(bytes: TestImage.archive(members)), named: reference)
    }

    @Test("Engines before 25 and from 25 on write the same image", arguments: [true, false])
    func formats(_ isClassic: Bool) throws {
        let base = try read(isClassic ? image.classic : image.layout)
        #expect(base.id.description == "sha256:\(image.id)")
        #expect(base.layers.map(\.description) == image.digests)
        #expect(base.os == "linux" && base.architecture == "amd64" && base.labels == ["org.example": "yes"])
        #expect(base.size == Int64(image.layers.reduce(0) { $0 + $1.count }))
    }

    @Test("It is read from a file, which may be removed meanwhile, and may not become shorter")
    func file() throws {
        let folder = try Folder()
        let path = try folder.write("base.tar", TestImage.archive(image.classic))
        func shipment() throws -> Shipment {
            let base = try BaseImage(archive: path, named: "ruche-shop:generic")
            return try base.adding([], labels: [:], by: "test").shipment(as: "a:b", to: HostImages())
        }
        let cut = try shipment()
        let file = try #require(FileHandle(forWritingAtPath: path))
        try file.truncate(atOffset: 2048)
        #expect { try cut.write(to: folder.file("out.tar")) } throws: { ($0 as? ImageError)?.code == .truncated }
        #expect(try folder.names() == ["base.tar"])

        try folder.write("base.tar", TestImage.archive(image.layout))
        let removed = try shipment()
        try FileManager.default.removeItem(atPath: path)
        try removed.write(to: folder.file("out.tar"))
        #expect(try BaseImage(archive: folder.file("out.tar")).layers.count == 3)
    }

    @Test("A layer that is a link to another's place is found")
    func links() throws {
        var image = image
        image.layers = [image.layers[0], image.layers[1], image.layers[0]]
        var members = image.classic
        let place = try #require(members.firstIndex { $0.name == "2/layer.tar" })
        members[place] = TestImage.Member(name: "2/layer.tar", type: "2", link: "../0/layer.tar")
        let base = try read(members)
        #expect(base.layers.map(\.description) == image.digests)
        let shipment = try base.adding([], labels: [:], by: "test").shipment(as: "a:b", to: HostImages())
        var sink = MemorySink()
        try shipment.write(to: &sink)
        // A layer that is there twice goes along once.
        #expect(shipment.size == Int64(sink.bytes.count))
        #expect(try BaseImage(MemoryBytes(bytes: sink.bytes)).layers.count == 4)
    }

    @Test("Archives of GNU tar in every format are understood", arguments: ["gnu", "pax", "posix", "ustar", "v7"])
    func formats(_ format: String) throws {
        let folder = try Folder()
        for member in image.classic where member.type == "0" { try folder.write(member.name, member.content) }
        let long = String(repeating: "long/", count: 30) + "name"
        if format != "v7" { try folder.write(long, [1, 2, 3]) }
        let names = try folder.names()
        try folder.tar("--format=\(format)", "--exclude=./base.tar", "-cf", folder.file("base.tar"), ".")
        #expect(try BaseImage(archive: folder.file("base.tar")).id.description == "sha256:\(image.id)")
        let bytes = MemoryBytes(bytes: try folder.read("base.tar"))
        if format != "v7" { #expect(try TarIndex(bytes).file(long).size == 3) }
        #expect(names.contains("manifest.json"))
    }

    @Test("Of several images the one is taken that was named")
    func several() throws {
        var other = TestImage(layers: [TestImage.layer("other")], reference: "other:1")
        other.reference = "other:1"
        let both =
            "["
            + [image.classic, other.layout].map { members in
                String(
                    String(decoding: members.first { $0.name == "manifest.json" }?.content ?? [], as: UTF8.self)
                        .dropFirst().dropLast())
            }.joined(separator: ",") + "]"
        let members =
            (image.classic + other.layout).filter { $0.name != "manifest.json" }
            + [TestImage.Member(name: "manifest.json", content: Array(both.utf8))]
        #expect(try read(members, named: "other:1").id.hex == other.id)
        #expect(try read(members, named: "ruche-shop:generic").id.hex == image.id)
        #expect { try read(members) } throws: { ($0 as? ImageError)?.code == .ambiguous }
        #expect { try read(members, named: "third:1") } throws: { ($0 as? ImageError)?.code == .missing }
    }

    @Test("Reading takes headers and documents, and none of the layers")
    func little() throws {
        var image = image
        image.layers[0] = TestImage.layer("big", size: 1 << 20)
        let bytes = CountedBytes(MemoryBytes(bytes: TestImage.archive(image.classic)))
        let base = try BaseImage(bytes)
        #expect(bytes.total < 16_384)
        var sink = DigestSink()
        try base.adding([], labels: [:], by: "test").shipment(as: "a:b", to: HostImages()).write(to: &sink)
        #expect(bytes.total > 1 << 20 && bytes.largest <= 262_144)
    }
}
