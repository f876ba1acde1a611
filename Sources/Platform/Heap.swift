import CMalloc

/// The memory that the C library has taken from the system.
package enum Heap {
    /// Gives back the pages that hold nothing, when there is at least this much free memory.
    ///
    /// After a burst, as when a leader reads the whole state, the library keeps what was freed: it gives back by itself
    /// only what lies at the very end. Others that allocate wait meanwhile, some milliseconds per 100 MiB.
    ///
    /// - Parameter least: in bytes.
    /// - Returns: whether any was given back.
    @discardableResult
    package static func trim(atLeast least: Int) -> Bool {
        guard mallinfo2().fordblks >= least else { return false }
        return malloc_trim(0) == 1
    }
}
