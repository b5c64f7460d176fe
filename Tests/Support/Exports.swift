// A test that draws what it does needs no further import.
@_exported public import Books
