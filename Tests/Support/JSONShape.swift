import Foundation

/// Holds JSON against a JSON Schema: the part of 2020-12 that the schemas of the command line use. A keyword it does
/// not know is an error, so that nothing is believed to be checked that is not.
package struct JSONShape {
    private let schema: [String: Any]

    /// Reads a schema file.
    package init(contentsOf path: String) throws {
        let data = try Data(contentsOf: URL(filePath: path))
        guard let schema = try JSONSerialization.jsonObject(with: data) as? [String: Any] else {
            throw TestFailure("\(path) is no schema")
        }
        self.schema = schema
    }

    /// What is wrong with a document, each with its place; empty when nothing is.
    package func faults(in text: String) throws -> [String] {
        let data = Data(text.utf8)
        let value = try JSONSerialization.jsonObject(with: data, options: [.fragmentsAllowed])
        return try Self.faults(value, schema, "")
    }

    /// The same for one element of a list, as `-o jsonl` prints it.
    package func faults(inElement text: String) throws -> [String] {
        let data = Data(text.utf8)
        let value = try JSONSerialization.jsonObject(with: data, options: [.fragmentsAllowed])
        return try Self.faults(value, schema["items"] as? [String: Any] ?? schema, "")
    }

    private static let ignored: Set<String> = ["$schema", "$id", "title", "description", "format", "examples"]

    private static func faults(_ value: Any, _ schema: [String: Any], _ place: String) throws -> [String] {
        var faults: [String] = []
        for (keyword, rule) in schema where !ignored.contains(keyword) {
            switch keyword {
            case "type":
                let types = rule as? [String] ?? [rule as? String ?? ""]
                if !types.contains(where: { isOf(type: $0, value) }) { faults.append("\(place) is not \(types)") }
            case "enum":
                guard let words = rule as? [Any] else { throw TestFailure("enum takes a list") }
                if !words.contains(where: { $0 as? NSObject == value as? NSObject }) {
                    faults.append("\(place) is not one of \(words)")
                }
            case "oneOf":
                let found = try (rule as? [[String: Any]] ?? []).map { try Self.faults(value, $0, place) }
                guard found.count(where: \.isEmpty) != 1 else { continue }
                faults.append("\(place) is not one of the ways: \(found.joined().sorted())")
            case "required":
                let members = value as? [String: Any] ?? [:]
                for name in rule as? [String] ?? [] where members[name] == nil {
                    faults.append("\(place)/\(name) is missing")
                }
            case "properties":
                let members = value as? [String: Any] ?? [:]
                for (name, inner) in rule as? [String: [String: Any]] ?? [:] {
                    if let member = members[name] { faults += try Self.faults(member, inner, "\(place)/\(name)") }
                }
            case "additionalProperties":
                let known = Set((schema["properties"] as? [String: Any] ?? [:]).keys)
                guard rule as? Bool == false, let members = value as? [String: Any] else { continue }
                faults += members.keys.filter { !known.contains($0) }.map { "\(place)/\($0) is in no schema" }
            case "items":
                guard let inner = rule as? [String: Any] else { throw TestFailure("items takes a schema") }
                for (index, element) in (value as? [Any] ?? []).enumerated() {
                    faults += try Self.faults(element, inner, "\(place)/\(index)")
                }
            default: throw TestFailure("the schema says \(keyword), which this does not check")
            }
        }
        return faults
    }

    private static func isOf(type: String, _ value: Any) -> Bool {
        let number = value as? NSNumber
        let isFlag = number.map { unsafe String(cString: $0.objCType) == "c" } ?? false
        return switch type {
        case "null": value is NSNull
        case "string": value is String
        case "boolean": isFlag
        case "integer": !isFlag && number.map { $0.doubleValue == $0.doubleValue.rounded() } ?? false
        case "number": !isFlag && number != nil
        case "array": value is [Any]
        case "object": value is [String: Any]
        default: false
        }
    }
}
