/// JSON Schema for the kinds of values. Only keywords that draft 7 has too, which AsyncAPI builds on.
enum SchemaNodes {
    /// The keywords of an object with the fields of a message.
    static func members(of message: any Message.Type) -> [(name: String, value: DocumentNode)] {
        let fields = descriptions(of: message)
        var members: [(name: String, value: DocumentNode)] = [("type", .text("object"))]
        members.append(("properties", .object(fields.map { ($0.name, node(for: $0)) })))
        let required = fields.filter(\.isRequired).map(\.name)
        if !required.isEmpty { members.append(("required", .texts(required))) }
        members.append(("additionalProperties", .flag(true)))
        return members
    }

    /// The choices of a `oneOf` that asks for exactly one of these fields, where null is as good as absent.
    static func exactlyOne(of names: [String]) -> DocumentNode {
        let value = DocumentNode.object([("not", .object([("type", .text("null"))]))])
        return .list(names.map { .object([("properties", .object([($0, value)])), ("required", .texts([$0]))]) })
    }

    private static func descriptions<M: Message>(of message: M.Type) -> [FieldDescription] {
        message.fields.descriptions
    }

    /// The schema of a field; one that may be absent may also be null.
    private static func node(for field: FieldDescription) -> DocumentNode {
        var members = keywords(field.kind)
        if !field.isRequired { members = members.map(allowingNull) }
        var all: [(name: String, value: DocumentNode)] = [("description", .text(field.description))]
        all += members
        if let text = field.defaultValue, let node = try? DocumentNode(json: Array(text.utf8)) {
            all.append(("default", node))
        }
        if field.isSecret { all.append(("writeOnly", .flag(true))) }
        return .object(all)
    }

    private static func allowingNull(
        _ member: (name: String, value: DocumentNode)
    ) -> (name: String, value: DocumentNode) {
        switch member {
        case ("type", .text(let type)): ("type", .texts([type, "null"]))
        case ("type", .list(let types)): ("type", .list(types + [.text("null")]))
        case ("enum", .list(let words)): ("enum", .list(words + [.null]))
        case ("anyOf", .list(let choices)): ("anyOf", .list(choices + [.object([("type", .text("null"))])]))
        default: member
        }
    }

    private static func keywords(_ kind: ValueKind) -> [(name: String, value: DocumentNode)] {
        switch kind {
        case .text(let length, let pattern): text(length, pattern)
        case .cell(let length):
            [("type", .texts(["string", "number", "boolean"])), ("maxLength", .integer(length.upperBound))]
        case .integer(let range): [("type", .text("integer"))] + limits(range)
        case .number(let range): [("type", .text("number"))] + limits(range)
        case .flag: [("type", .text("boolean"))]
        case .timestamp: [("type", .text("string")), ("format", .text("date-time"))]
        case .uniqueID: [("type", .text("string")), ("format", .text("uuid"))]
        case .choice(let words): [("type", .text("string")), ("enum", .texts(words))]
        case .labels(let count):
            [
                ("type", .text("object")), ("additionalProperties", .object([("type", .text("string"))])),
                ("maxProperties", .integer(count.upperBound)),
            ]
        case .list(let element, let count):
            [("type", .text("array")), ("items", .object(keywords(element)))] + counts(count)
        case .tuple(let elements, let optional):
            // Draft 7 and 2020-12 spell items by position differently; what both know is a choice for every place.
            [
                ("type", .text("array")),
                ("items", .object([("anyOf", .list(elements.map { .object(keywords($0)) }))])),
            ] + counts(elements.count - optional...elements.count)
        case .json: [("type", .text("object"))]
        case .message(let type): members(of: type)
        }
    }

    private static func text(
        _ length: ClosedRange<Int>, _ pattern: TextPattern
    ) -> [(name: String, value: DocumentNode)] {
        var members: [(name: String, value: DocumentNode)] = [("type", .text("string"))]
        if length.lowerBound > 0 { members.append(("minLength", .integer(length.lowerBound))) }
        members.append(("maxLength", .integer(length.upperBound)))
        if let expression = pattern.regularExpression { members.append(("pattern", .text(expression))) }
        if pattern == .ipAddress {
            let formats = ["ipv4", "ipv6"].map { DocumentNode.object([("format", .text($0))]) }
            members.append(("anyOf", .list(formats)))
        }
        return members
    }

    private static func limits(_ range: ClosedRange<Int>) -> [(name: String, value: DocumentNode)] {
        (range.lowerBound == .min ? [] : [("minimum", .integer(range.lowerBound))])
            + (range.upperBound == .max ? [] : [("maximum", .integer(range.upperBound))])
    }

    private static func limits(_ range: ClosedRange<Double>) -> [(name: String, value: DocumentNode)] {
        (range.lowerBound.isFinite ? [("minimum", .number(range.lowerBound))] : [])
            + (range.upperBound.isFinite ? [("maximum", .number(range.upperBound))] : [])
    }

    private static func counts(_ count: ClosedRange<Int>) -> [(name: String, value: DocumentNode)] {
        (count.lowerBound == 0 ? [] : [("minItems", .integer(count.lowerBound))])
            + [("maxItems", .integer(count.upperBound))]
    }
}
