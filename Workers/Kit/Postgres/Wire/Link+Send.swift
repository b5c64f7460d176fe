import CPostgres

/// Queueing in libpq's output buffer. Each returns false when libpq refuses; then the connection cannot go on.
extension Link {
    /// Queues the preparation of a statement.
    func prepare(_ name: String, _ key: StatementKey) -> Bool {
        unsafe key.types.withUnsafeBufferPointer { types in
            unsafe types.withMemoryRebound(to: Oid.self) { types in
                unsafe PQsendPrepare(handle, name, key.text, Int32(types.count), types.baseAddress) == 1
            }
        }
    }

    /// Queues the execution of a prepared statement; its result comes in binary.
    func execute(_ name: String, _ parameters: borrowing Parameters) -> Bool {
        let count = parameters.count
        guard count > 0 else { return unsafe PQsendQueryPrepared(handle, name, 0, nil, nil, nil, 1) == 1 }
        let ends = parameters.ends
        // One closure holds every pointer while libpq copies the bytes into its buffer.
        return unsafe parameters.bytes.withUnsafeBytes { bytes in
            unsafe withUnsafeTemporaryAllocation(of: UnsafePointer<CChar>?.self, capacity: count) { values in
                unsafe withUnsafeTemporaryAllocation(of: Int32.self, capacity: count * 2) { numbers in
                    // An empty value still needs a pointer: nil would be NULL.
                    let base = unsafe bytes.baseAddress ?? UnsafeRawPointer(values.baseAddress!)
                    var start = 0
                    for index in 0..<count {
                        let isNull = ends[index] < 0
                        let end = isNull ? ~ends[index] : ends[index]
                        let value = unsafe (base + start).assumingMemoryBound(to: CChar.self)
                        unsafe values.initializeElement(at: index, to: isNull ? nil : value)
                        unsafe numbers.initializeElement(at: index, to: Int32(end - start))
                        unsafe numbers.initializeElement(at: count + index, to: 1)
                        start = end
                    }
                    return unsafe PQsendQueryPrepared(
                        handle, name, Int32(count), values.baseAddress, numbers.baseAddress,
                        numbers.baseAddress! + count, 1) == 1
                }
            }
        }
    }

    /// Queues the end of a group.
    func sync() -> Bool { unsafe PQpipelineSync(handle) == 1 }

    /// Enters or leaves pipeline mode; only while nothing is under way. No round trip.
    func setPipelining(_ on: Bool) -> Bool {
        on ? unsafe PQenterPipelineMode(handle) == 1 : unsafe PQexitPipelineMode(handle) == 1
    }

    /// Queues statements for the simple protocol; only outside pipeline mode.
    func sendScript(_ text: String) -> Bool { unsafe PQsendQuery(handle, text) == 1 }
}

/// The rest of what a session says.
extension Link {
    /// Queues a statement without parameters that is not worth keeping prepared.
    func executeOnce(_ text: String) -> Bool {
        unsafe PQsendQueryParams(handle, text, 0, nil, nil, nil, nil, 1) == 1
    }

    /// Queues one piece of a COPY and writes it out, so that memory stays constant. Nil, or why the connection is lost.
    func sendCopy(_ bytes: [UInt8]) -> String? {
        let queued = unsafe bytes.withUnsafeBytes { bytes in
            unsafe PQputCopyData(
                handle, bytes.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(bytes.count))
        }
        return queued == 1 ? drain() : message
    }

    /// Ends a COPY; with a reason, the server refuses it as a whole.
    func endCopy(refusing reason: String?) -> Bool { unsafe PQputCopyEnd(handle, reason) == 1 }

    /// Where the server is, as of the last answer.
    var isInTransaction: Bool { unsafe PQtransactionStatus(handle) == PQTRANS_INTRANS }

    /// Where the server is, as of the last answer.
    var isOutsideTransaction: Bool { unsafe PQtransactionStatus(handle) == PQTRANS_IDLE }

    /// A notification that has arrived.
    func nextNotification() -> Notification? {
        guard let notify = unsafe PQnotifies(handle) else { return nil }
        defer { unsafe PQfreemem(notify) }
        return unsafe Notification(
            channel: String(cString: notify.pointee.relname), payload: String(cString: notify.pointee.extra),
            backendPID: notify.pointee.be_pid)
    }
}
