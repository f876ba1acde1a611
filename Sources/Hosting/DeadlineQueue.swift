import Resources

/// When replicas are to be looked at again; each has one deadline at most.
struct DeadlineQueue: Sendable {
    private struct Entry {
        var at: Duration
        var id: ReplicaID
    }

    /// A binary heap. An entry that is no longer a replica's deadline stays until it is due, and is nothing then.
    private var heap: [Entry] = []
    private var deadlines: [ReplicaID: Duration] = [:]

    /// Sets the deadline of a replica, nil for none.
    mutating func set(_ id: ReplicaID, to deadline: Duration?) {
        guard deadlines[id] != deadline else { return }
        deadlines[id] = deadline
        guard let deadline else { return }
        heap.append(Entry(at: deadline, id: id))
        var child = heap.count - 1
        while child > 0, heap[child].at < heap[(child - 1) / 2].at {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    /// Not later than the earliest deadline; nil when there is none.
    var earliest: Duration? { heap.first?.at }

    /// Takes out those that are due.
    mutating func take(until now: Duration) -> [ReplicaID] {
        var due: [ReplicaID] = []
        while let first = heap.first, first.at <= now {
            removeFirst()
            guard deadlines[first.id] == first.at else { continue }
            deadlines[first.id] = nil
            due.append(first.id)
        }
        return due
    }

    private mutating func removeFirst() {
        let last = heap.removeLast()
        guard !heap.isEmpty else { return }
        heap[0] = last
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count && heap[child].at < heap[least].at {
                least = child
            }
            guard least != parent else { return }
            heap.swapAt(parent, least)
            parent = least
        }
    }
}
