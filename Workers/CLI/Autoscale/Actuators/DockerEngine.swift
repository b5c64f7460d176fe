import Contracts
import HTTPClient
import Runtime

/// The API of a Docker engine (docs.docker.com/reference/api/engine), over its socket, or over the TCP port of a proxy
/// that lets only some of it through.
///
/// Paths name no version: an engine then speaks its own. What is used here has been the same since 1.41 (Docker 20.10).
final class DockerEngine {
    private var client: Client
    private let base: String

    /// - Parameter address: `unix:///var/run/docker.sock`, or `tcp://host:port`, as `DOCKER_HOST` has it.
    init(_ address: String) throws(Failure) {
        var options = ClientOptions()
        options.timeout = .seconds(20)
        options.answerLimit = 32 * 1_048_576
        if address.hasPrefix("unix://") {
            options.socketPath = String(address.dropFirst("unix://".count))
            base = "http://docker"
        } else if address.hasPrefix("tcp://") {
            base = "http://" + address.dropFirst("tcp://".count)
        } else {
            throw Failure(.usage, "DOCKER_HOST takes unix:///path or tcp://host:port, not `\(address)`")
        }
        do throws(ClientError) { client = try Client(options) } catch { throw Failure(.failure, "docker: \(error)") }
    }

    /// What the engine answers with.
    func get(_ path: String) throws(Failure) -> JSONTree {
        let answer = try send("GET", path)
        guard answer.status == 200 else { throw refusal(answer, path) }
        do throws(Fault) { return try JSONTree(parsing: answer.body) } catch {
            throw Failure(.failure, "docker: the answer to \(path) cannot be read: \(error)")
        }
    }

    /// Has something done.
    @discardableResult
    func post(_ path: String, _ body: JSONTree? = nil) throws(Failure) -> JSONTree? {
        let answer = try send("POST", path, body?.bytes ?? [])
        // 304: it is so already.
        guard (200..<300).contains(answer.status) || answer.status == 304 else { throw refusal(answer, path) }
        return try? JSONTree(parsing: answer.body)
    }

    /// Removes something; what is gone already is no error.
    func delete(_ path: String) throws(Failure) {
        let answer = try send("DELETE", path)
        guard (200..<300).contains(answer.status) || answer.status == 404 else { throw refusal(answer, path) }
    }

    /// Has something done that takes longer than this process waits: the engine goes on with it.
    func begin(_ path: String) throws(Failure) {
        do throws(ClientError) {
            let url = try ClientURL(base + path)
            let answer = try client.send(ClientRequest("POST", url, timeout: .milliseconds(500)))
            guard (200..<300).contains(answer.status) || [304, 404].contains(answer.status) else {
                throw ClientError(.failed, refusal(answer, path).lines[0])
            }
        } catch {
            if error.code != .timedOut { throw Self.failure(error) }
        }
    }

    /// A filter for lists: `{"label":["a=b"]}`, escaped for a URL.
    static func filter(_ name: String, _ values: [String]) -> String {
        var tree = JSONTree.object([])
        tree.set([name], to: .list(values))
        return escaped(String(decoding: tree.bytes, as: UTF8.self))
    }

    /// A text as a part of a URL.
    static func escaped(_ text: String) -> String {
        text.utf8.map { byte in
            let isPlain = (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
            return isPlain || "-._".utf8.contains(byte)
                ? String(UnicodeScalar(byte)) : "%" + Hex.text([byte]).uppercased()
        }.joined()
    }

    private func send(_ method: String, _ path: String, _ body: [UInt8] = []) throws(Failure) -> ClientResponse {
        do throws(ClientError) {
            return try client.send(
                ClientRequest(
                    method, ClientURL(base + path), headers: [("Content-Type", "application/json")], body: body))
        } catch { throw Self.failure(error) }
    }

    private func refusal(_ answer: ClientResponse, _ path: String) -> Failure {
        let said = (try? JSONTree(parsing: answer.body))?["message"]?.text ?? "status \(answer.status)"
        return Failure(.failure, "docker: \(path.prefix { $0 != "?" }): \(said)")
    }

    private static func failure(_ error: ClientError) -> Failure {
        Failure(
            error.isTransient ? .unavailable : .failure, "docker: \(error.message)",
            "is the engine's socket there, and may this user open it? DOCKER_HOST says which")
    }
}
