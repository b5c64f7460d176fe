import CPostgres

/// One session with the database, on one thread.
///
/// Not `Sendable`: the thread that opens it uses it. Every call blocks that thread until the server has answered; only
/// ``canceller`` may be used from elsewhere. Statements are prepared on first use, 200 of them kept per session, and
/// travel in libpq's pipeline mode.
package final class Connection {
    let link: Link
    var pipeline = Pipeline()
    var statements = StatementCache(capacity: 200)

    /// The statement or transaction under way.
    var exchange: Exchange?

    /// Why the connection is of no more use.
    var breakage: PostgresError?

    var lastSerial = 0

    /// Bytes queued since libpq's buffer was last seen empty, roughly.
    var queued = 0

    /// Cancels the running statement from another thread.
    package let canceller: Canceller

    /// How many transactions were dropped without commit or rollback. They were rolled back; the code that dropped them
    /// has a defect.
    package internal(set) var abandonedTransactions = 0

    private init(taking handle: OpaquePointer, responseTimeout: Duration?) {
        canceller = unsafe Canceller(handle)
        unsafe link = Link(taking: handle, responseTimeout: responseTimeout)
    }

    deinit { canceller.close() }

    /// Opens a session. Blocks for up to the connect timeout per host, besides the name lookup.
    ///
    /// Throws ``PostgresError/Code/connection``. libpq does not say why in a form a program can read, so a wrong
    /// password looks as transient as a server that is starting: the message says which.
    package static func open(
        _ settings: ConnectionSettings, file: StaticString = #fileID, line: UInt = #line
    ) throws(PostgresError) -> Connection {
        let location = SourceLocation(file: file, line: line)
        let keywords = settings.keywords()
        let lists = [keywords.map(\.0), keywords.map(\.1)].map(CStringList.init)
        let opened = unsafe lists[0].withPointers { names in
            unsafe lists[1].withPointers { values in unsafe PQconnectdbParams(names, values, 0) }
        }
        guard let handle = unsafe opened else {
            throw PostgresError(.connection, "libpq is out of memory", at: location, isConnectionLost: true)
        }
        let connection = unsafe Connection(taking: handle, responseTimeout: settings.responseTimeout)
        guard connection.link.isOpen, connection.link.setPipelining(true) else {
            throw PostgresError(.connection, connection.link.message, at: location, isConnectionLost: true)
        }
        return connection
    }

    /// Whether the next statement can be sent: no transaction is open, and the peer has not closed the connection.
    /// Costs two system calls that do not wait.
    package var isUsable: Bool {
        guard breakage == nil, exchange == nil else { return false }
        guard link.isAlive() else {
            lose(link.message)
            return false
        }
        return true
    }

    /// The process id of the server's backend.
    package var backendPID: Int32 { unsafe PQbackendPID(link.handle) }

    /// The server's version, for instance 150018 for 15.18.
    package var serverVersion: Int { Int(unsafe PQserverVersion(link.handle)) }

    /// Whether the session is encrypted.
    package var isEncrypted: Bool { unsafe PQsslInUse(link.handle) != 0 }

    /// Ends the session for every later call; the socket closes with the last reference. An open transaction is rolled
    /// back by the server.
    package func close() {
        canceller.close()
        guard breakage == nil else { return }
        lose(PostgresError(.misuse, "the connection was closed", isConnectionLost: true))
        link.shutDown()
    }

    #if FAULTS
    /// Cuts the connection, as a network does: the next call finds it broken.
    package func cut() { link.shutDown() }
    #endif

    /// Gives the connection up.
    func lose(_ reason: String, code: PostgresError.Code = .connection, at location: SourceLocation = .unknown) {
        lose(
            PostgresError(
                code, reason.isEmpty ? "the connection was lost" : reason, at: location, isConnectionLost: true))
    }

    func lose(_ error: PostgresError) {
        if breakage == nil { breakage = error }
        exchange?.fail(error)
        pipeline.removeAll()
        queued = 0
    }
}

/// Strings for C, in one buffer.
private struct CStringList {
    private var bytes: [CChar] = []
    private var starts: [Int] = []

    init(_ strings: [String]) {
        for string in strings {
            starts.append(bytes.count)
            bytes.append(contentsOf: string.utf8.map { CChar(bitPattern: $0) })
            bytes.append(0)
        }
    }

    /// The pointers, ended by nil, valid in the closure.
    func withPointers<R>(_ body: (UnsafePointer<UnsafePointer<CChar>?>) -> R) -> R {
        unsafe bytes.withUnsafeBufferPointer { buffer in
            var pointers: [UnsafePointer<CChar>?] = unsafe starts.map { unsafe buffer.baseAddress! + $0 }
            unsafe pointers.append(nil)
            return unsafe pointers.withUnsafeBufferPointer { unsafe body($0.baseAddress!) }
        }
    }
}
