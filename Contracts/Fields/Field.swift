/// One field of a message: its name in JSON, the property that holds it, its shape, and what it means.
public struct Field<Root>: Sendable {
    /// What the field is.
    public internal(set) var description: FieldDescription
    let read: @Sendable (inout Root, inout JSONReader) throws(Fault) -> Void
    /// Writes key and value, or nothing at all if there is no value.
    let write: @Sendable (Root, [UInt8], inout JSONWriter) -> Void

    /// A field that each message has.
    public static func required<Value>(
        _ name: String, _ path: any WritableKeyPath<Root, Value> & Sendable, _ shape: Shape<Value>,
        _ description: String, secret: Bool = false
    ) -> Field {
        Field(name, path, shape, description, required: true, secret: secret)
    }

    /// A field that has the value of `Root()` in a message without it.
    public static func defaulted<Value>(
        _ name: String, _ path: any WritableKeyPath<Root, Value> & Sendable, _ shape: Shape<Value>,
        _ description: String, secret: Bool = false
    ) -> Field {
        Field(name, path, shape, description, required: false, secret: secret)
    }

    /// A field that may be absent.
    public static func optional<Value>(
        _ name: String, _ path: any WritableKeyPath<Root, Value?> & Sendable, _ shape: Shape<Value>,
        _ description: String, secret: Bool = false
    ) -> Field {
        Field(
            description: FieldDescription(
                name: name, description: description, kind: shape.kind, isRequired: false, isSecret: secret),
            read: { (root, reader) throws(Fault) in
                root[keyPath: path] = try shape.read(&reader)
            },
            write: { root, key, writer in
                guard let value = root[keyPath: path] else { return }
                writer.key(encoded: key)
                if secret, writer.masksSecrets { writer.write(JSONWriter.mask) } else { shape.write(value, &writer) }
            })
    }

    private init<Value>(
        _ name: String, _ path: any WritableKeyPath<Root, Value> & Sendable, _ shape: Shape<Value>,
        _ description: String, required: Bool, secret: Bool
    ) {
        self.init(
            description: FieldDescription(
                name: name, description: description, kind: shape.kind, isRequired: required, isSecret: secret),
            read: { (root, reader) throws(Fault) in
                root[keyPath: path] = try shape.read(&reader)
            },
            write: { root, key, writer in
                writer.key(encoded: key)
                if secret, writer.masksSecrets {
                    writer.write(JSONWriter.mask)
                } else {
                    shape.write(root[keyPath: path], &writer)
                }
            })
    }

    private init(
        description: FieldDescription,
        read: @escaping @Sendable (inout Root, inout JSONReader) throws(Fault) -> Void,
        write: @escaping @Sendable (Root, [UInt8], inout JSONWriter) -> Void
    ) {
        self.description = description
        self.read = read
        self.write = write
    }
}
