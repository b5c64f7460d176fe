import Glibc
import Synchronization

/// Where the keys of a ring come from: a file that is followed, or a list that stays as it is.
///
/// **Guarantee.** They are always those of one whole file that was read without a fault. A file that is missing,
/// damaged or half written changes nothing, and is looked at again.
final class KeySource: Sendable {
    private struct State {
        var keys: [SecretKey]
        /// Which edition of the file they were read from.
        var edition: KeyFile.Edition?
        /// The second in which the file was last looked at, of the monotonic clock.
        var lookedAt = KeySource.second
    }

    private let path: String?
    private let state: Mutex<State>

    /// A list that stays.
    ///
    /// - Precondition: there is a key.
    init(_ keys: [SecretKey]) {
        precondition(!keys.isEmpty)
        path = nil
        state = Mutex(State(keys: keys))
    }

    /// The keys of a file, which is followed from now on.
    ///
    /// - Throws: `malformedKey`.
    init(following file: KeyFile) throws(SealingError) {
        path = file.path
        state = Mutex(State(keys: try KeyFile.keys(in: file.text), edition: file.edition))
    }

    /// All keys, the one that seals first.
    var keys: [SecretKey] { state.withLock { $0.keys } }

    /// The key that seals. Looks at the file once a second at most.
    var current: SecretKey {
        state.withLock { state in
            if let path, Self.second != state.lookedAt { Self.look(at: path, &state) }
            return state.keys[0]
        }
    }

    /// The key with a certain id. Looks at the file when none of those at hand has it.
    func key(where matches: (KeyID) -> Bool) -> SecretKey? {
        state.withLock { state in
            if let key = state.keys.first(where: { matches($0.id) }) { return key }
            guard let path else { return nil }
            Self.look(at: path, &state)
            return state.keys.first { matches($0.id) }
        }
    }

    private static func look(at path: String, _ state: inout State) {
        state.lookedAt = second
        guard let edition = KeyFile.Edition(path: path), edition != state.edition,
            let file = try? KeyFile(path: path), let keys = try? KeyFile.keys(in: file.text)
        else { return }
        (state.keys, state.edition) = (keys, file.edition)
    }

    private static var second: Int {
        var now = timespec()
        _ = unsafe clock_gettime(CLOCK_MONOTONIC_COARSE, &now)
        return now.tv_sec
    }
}
