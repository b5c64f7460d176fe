import Contracts

/// The `manifest.json` of an archive that is to be loaded.
struct LoadManifest {
    let bytes: [UInt8]

    init(configuration: String, reference: String, layers: [String]) {
        var writer = JSONWriter()
        writer.beginList()
        writer.beginObject()
        writer.key("Config")
        writer.write(configuration)
        writer.key("RepoTags")
        writer.beginList()
        writer.write(reference)
        writer.endList()
        writer.key("Layers")
        writer.beginList()
        for layer in layers { writer.write(layer) }
        writer.endList()
        writer.endObject()
        writer.endList()
        bytes = writer.bytes
    }
}
