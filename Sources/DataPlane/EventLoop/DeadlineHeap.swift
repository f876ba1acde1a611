/// Deadlines in order, as a binary heap.
///
/// Nothing is ever removed before its time: a record whose deadline moved later keeps its entry and is asked
/// again when the entry comes up, so setting a later deadline costs nothing.
struct DeadlineHeap {
    struct Entry {
        var time: MonotonicTime
        var token: Token
    }

    private var entries: [Entry] = []

    var isEmpty: Bool { entries.isEmpty }
    var count: Int { entries.count }
    /// Time of the earliest entry, ``MonotonicTime/never`` if there is none.
    var earliest: MonotonicTime { entries.first?.time ?? .never }

    mutating func insert(_ time: MonotonicTime, _ token: Token) {
        entries.append(Entry(time: time, token: token))
        var child = entries.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            if entries[parent].time <= entries[child].time { break }
            entries.swapAt(parent, child)
            child = parent
        }
    }

    /// Removes and returns the earliest entry that is due at `now`.
    mutating func popDue(_ now: MonotonicTime) -> Entry? {
        guard let first = entries.first, first.time <= now else { return nil }
        let last = entries.removeLast()
        guard !entries.isEmpty else { return first }
        entries[0] = last
        siftDown()
        return first
    }

    private mutating func siftDown() {
        var parent = 0
        while true {
            var smallest = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < entries.count {
                if entries[child].time < entries[smallest].time { smallest = child }
            }
            if smallest == parent { return }
            entries.swapAt(parent, smallest)
            parent = smallest
        }
    }
}
