import Runtime

extension Verb {
    static let keysGenerate = Verb(
        path: ["keys", "generate"], summary: "make a key ring for sealing secrets, readable by you alone",
        arguments: ["FILE"], examples: ["ruche keys generate secrets/ruche.key"]
    ) { invocation in
        let path = invocation.arguments[0]
        try File.create(path, KeyRing.generate().fileText)
        emit("wrote \(path)")
    }

    static let keysRotate = Verb(
        path: ["keys", "rotate"], summary: "put a new key first in a key ring; processes follow without a restart",
        arguments: ["FILE"], examples: ["ruche keys rotate secrets/ruche.key"]
    ) { invocation in
        let path = invocation.arguments[0]
        guard path != "-" else { throw Failure(.usage, "FILE must be a file: it is replaced") }
        var ids: [KeyID] = []
        try File.revise(path) { (text) throws(Failure) in
            do throws(SealingError) {
                let rotated = try KeyRing.rotated(text)
                ids = try KeyRing(parsing: rotated).keyIDs
                return rotated
            } catch {
                throw Failure(.failure, "\(path): \(error)")
            }
        }
        emit("wrote \(path): \(ids[0]) seals now, \(ids.count) keys open")
    }

    static let keysPublic = Verb(
        path: ["keys", "public"], summary: "print the public key, with which producers seal secrets",
        examples: ["RUCHE_KEY_FILE=secrets/ruche.key ruche keys public"]
    ) { _ in
        emit(try Reach().keys().publicKey.description)
    }
}
