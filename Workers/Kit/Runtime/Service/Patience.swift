/// How long a thread may stand still before its process counts as not alive.
package struct Patience: Sendable {
    /// `LIVENESS_PATIENCE`, when it is set.
    package let wish: Duration?

    package init(wish: Duration?) { self.wish = wish }

    /// The patience with a thread that comes round every `longest` at the latest while all is well: what is wished for,
    /// or `usually`, and never less than `longest`. A process that is ended in the midst of its work has to begin anew,
    /// gets no further the next time, and has a good command taken for one that kills its process.
    package func covering(_ longest: Duration, usually: Duration) -> Duration { max(wish ?? usually, longest) }
}
