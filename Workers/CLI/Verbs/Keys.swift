import Glibc
import Runtime

extension Verb {
    static let keysGenerate = Verb(
        path: ["keys", "generate"], summary: "make a key ring for sealing secrets, readable by you alone",
        arguments: ["FILE"], examples: ["ruche keys generate secrets/ruche.key"]
    ) { invocation in
        let path = invocation.arguments[0]
        // O_EXCL: a key that is overwritten is a database that cannot be read.
        let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            let reason = unsafe String(cString: strerror(errno))
            throw Failure(.failure, "\(path): \(reason)", "an existing key file is never overwritten")
        }
        defer { close(descriptor) }
        let bytes = Array(KeyRing.generate().fileText.utf8)
        let written = unsafe bytes.withUnsafeBytes { unsafe write(descriptor, $0.baseAddress, $0.count) }
        guard written == bytes.count, fsync(descriptor) == 0 else {
            throw Failure(.failure, "\(path): the key could not be written")
        }
        print("wrote \(path)")
    }

    static let keysPublic = Verb(
        path: ["keys", "public"], summary: "print the public key, with which producers seal secrets",
        examples: ["RUCHE_KEY_FILE=secrets/ruche.key ruche keys public"]
    ) { _ in
        print(try Reach().keys().publicKey)
    }
}
