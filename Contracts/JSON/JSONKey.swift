/// A field's name as it stands in the text: the bytes between its quotes.
///
/// A `String` is made only for a name with escapes, which almost no name has.
public struct JSONKey: Sendable {
    /// Where the name lies between its quotes.
    let range: Range<Int>
    /// The name itself, when its bytes do not spell it.
    let unescaped: String?
}
