/// What a line of a log may be, as Loki has it by default, so that a shipper meets the same limits here.
public enum LogLimits {
    /// Bytes of a line. A longer one is a file, and would make its whole chunk slow to read.
    public static let line = 262_144
    /// Labels of a stream, `service_name` not counted: each set of values is a stream of its own, and streams are what
    /// a query pays for.
    public static let labels = 15
    /// Bytes of a label's name.
    public static let labelName = 1024
    /// Bytes of a label's text.
    public static let labelValue = 2048
    /// Bytes of a line's structured metadata, as JSON.
    public static let metadata = 65_536
    /// Names in a line's structured metadata.
    public static let metadataNames = 128
    /// How old a line may be when it arrives: its day of arrival tells when it is dropped, and a query must look at the
    /// partitions of so many days after its range.
    public static let age = Duration.seconds(7 * 86_400)
    /// How far a line may be ahead of the clock here: clocks differ, but a line of tomorrow would head every list.
    public static let ahead = Duration.seconds(600)
    /// Lines that are kept as one chunk. More compress hardly better, and a query decompresses all to show one.
    public static let chunkLines = 1000
    /// Bytes of the lines that are kept as one chunk, unless a single line has more.
    public static let chunkBytes = 512 * 1024
    /// How long after its arrival a line may be moved into another chunk; who reads what has just arrived has seen it.
    public static let settling = Duration.seconds(900)
}

extension Fault.Code {
    /// A line has too many bytes.
    public static let lineTooLong: Self = "line-too-long"
    /// A line's structured metadata has too many bytes or names.
    public static let metadataTooLarge: Self = "metadata-too-large"
    /// A time cannot be read.
    public static let timeInvalid: Self = "time-invalid"
    /// A line is too old.
    public static let tooOld: Self = "too-old"
    /// A line's time is in the future.
    public static let tooFarAhead: Self = "too-far-ahead"
    /// A stream has no labels.
    public static let labelsMissing: Self = "labels-missing"
    /// A stream has too many labels.
    public static let tooManyLabels: Self = "too-many-labels"
    /// A label's name is too long, or not of letters, digits and underscores.
    public static let labelNameInvalid: Self = "label-name-invalid"
    /// A label's text is too long.
    public static let labelValueTooLong: Self = "label-value-too-long"
}
