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

    static let keysPublic = Verb(
        path: ["keys", "public"], summary: "print the public key, with which producers seal secrets",
        examples: ["RUCHE_KEY_FILE=secrets/ruche.key ruche keys public"]
    ) { _ in
        emit(try Reach().keys().publicKey.description)
    }
}
