/// The contract as documents for other languages, generated from the field tables.
///
/// All functions are pure: the same source gives the same bytes, and a test holds the committed files against them.
public enum ContractDocuments {
    /// The version of the contract as a whole.
    static let version = "1.0.0"

    /// Every document: its path below the folder of the contracts, and its text.
    public static func files() -> [(path: String, contents: String)] {
        var files = [(path: "asyncapi.yaml", contents: asyncAPI())]
        for command in Catalogue.commands {
            files.append((payloadPath(of: command), jsonSchema(for: command)))
            files.append((completionPath(of: command), completionSchema(for: command)))
        }
        files.append((eventPath, eventSchema()))
        files.append((reasonPath, reasonSchema()))
        files.append((progressPath, progressSchema()))
        return files
    }

    static let eventPath = "schemas/event.v1.json"
    static let reasonPath = "schemas/reason.v1.json"
    static let progressPath = "schemas/progress.v1.json"

    static func payloadPath(of command: any Command.Type) -> String {
        "schemas/\(command.name).v\(command.version).json"
    }

    static func completionPath(of command: any Command.Type) -> String {
        "schemas/\(command.name).completion.v\(command.version).json"
    }
}
