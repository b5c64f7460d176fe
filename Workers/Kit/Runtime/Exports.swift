// A worker imports `Runtime` and `Contracts` and nothing else: the words it needs from the database (`SQL`, `Rows`)
// and from sealing (`KeyRing`) come with the runtime.
@_exported public import Postgres
@_exported public import Sealing
