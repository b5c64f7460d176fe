import Dispatch
import Glibc
import Processes

/// Says a line at once, also into a pipe.
func say(_ line: String) {
    let bytes = Array("\(line)\n".utf8)
    _ = unsafe bytes.withUnsafeBytes { unsafe write(1, $0.baseAddress, $0.count) }
}

/// `ProcessProbe worker MILLISECONDS SCRIPT`: a worker as far as its programs are concerned. It takes a lease for as
/// long, renews it again and again, runs the script under it, and says what it sees: the guard, the script's lines, how
/// it ended.
func work(_ milliseconds: Int, _ script: String) async throws {
    let lease = try Lease(until: .now + .milliseconds(milliseconds))
    let heart = DispatchSource.makeTimerSource()
    heart.setEventHandler { try? lease.renew(until: .now + .milliseconds(milliseconds)) }
    heart.schedule(deadline: .now(), repeating: .milliseconds(100))
    heart.activate()
    defer { heart.cancel() }
    say("guard \(lease.guardID)")
    do {
        let result = try await Program("sh", ["-c", script]).run(under: lease) { say($0.text) }
        say("\(result.ending)")
    } catch let error as ProcessError {
        say("\(error.code)")
    }
    await lease.end()
}

/// `ProcessProbe secrets PLACE`: puts a secret into a directory there, says where, and waits to be killed.
func keepSecret(in place: String) throws {
    let directory = try SecretDirectory(in: place)
    let file = try directory.write(Array("secret".utf8), as: "key")
    say(directory.path)
    while !file.path.isEmpty { pause() }
}

GuardProcess.runIfAsked()
// Tests that break leave it behind for so many seconds at most; on a busy machine they have paused for minutes.
alarm(3600)
let words = CommandLine.arguments
switch words.dropFirst().first {
case "worker": try await work(Int(words[2]) ?? 0, words[3])
case "secrets": try keepSecret(in: words[2])
default: exit(64)
}
