import CCurl

/// Header fields as the library takes them, freed when dropped.
@safe
struct HeaderList: ~Copyable {
    let first: UnsafeMutablePointer<curl_slist>?

    /// These fields; `Expect` is left out, for it costs a round trip that few servers use.
    init(_ headers: [(name: String, value: String)]) throws(ClientError) {
        var list: UnsafeMutablePointer<curl_slist>?
        // A field without a value is written with a semicolon in place of the colon.
        let lines = headers.map { $0.value.isEmpty ? "\($0.name);" : "\($0.name): \($0.value)" } + ["Expect:"]
        for line in lines {
            guard let longer = unsafe curl_slist_append(list, line) else {
                unsafe curl_slist_free_all(list)
                throw ClientError(.failed, "no memory for headers")
            }
            unsafe list = longer
        }
        unsafe first = list
    }

    deinit { unsafe curl_slist_free_all(first) }
}
