/// One key and what an earlier build sealed with it: these must open for ever.
enum Fixture {
    static let keyFile = "ruche-key:v1:fb1b7a5b:OqbIQHtbNJe3quf+TfBcvePe8QNdjbldNMHPmVRcAdQ=\n"
    static let publicKey = "ruche-public:v1:fb1b7a5b:LErnOL2IVqnxQ6GfUhUt/MYKxv4AenrjKf5Tdl1NP2E="
    /// "hunter2", for the public key.
    static let sealedText =
        "ruche-sealed:v1:fb1b7a5b:"
        + "wws8LllmwrJOxQML78HrvHSZ9N9YGBupvX+fPjOjLnRWZKwZ8Cu9ltalj3utFiDuq59bD82ibA=="
    /// "kept for years", in the context "column payload".
    static let sealedAtRest: [UInt8] = [
        1, 251, 27, 122, 91, 113, 249, 197, 4, 42, 83, 76, 240, 141, 20, 134, 177, 89, 129, 49, 19, 0, 0, 0, 0, 0, 0, 0,
        0,
        61, 58, 192, 166, 135, 253, 182, 165, 97, 203, 204, 68, 164, 165, 81, 179, 178, 203, 22, 110, 132, 77, 199, 121,
        163, 164, 89, 251, 197, 57,
    ]
}
