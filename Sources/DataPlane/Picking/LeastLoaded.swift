/// What the choice of a replica depends on.
package struct ReplicaLoad: Sendable, Equatable {
    package var busy: Int
    /// It could not be reached a moment ago.
    package var isAvoided: Bool = false
    /// It has already failed this request.
    package var isExcluded: Bool = false
}

/// Chooses the least loaded replica that has a free slot.
package enum LeastLoaded {
    /// Index of the choice among `count` replicas, starting the comparison at `start` so that equals take turns; `nil` if none is free.
    ///
    /// A replica to be avoided is taken only if no other is free.
    package static func pick(count: Int, limit: Int, start: Int, load: (Int) -> ReplicaLoad) -> Int? {
        guard count > 0 else { return nil }
        var best: Int?
        var bestRank = Int.max
        var index = start % count
        for _ in 0..<count {
            let candidate = load(index)
            if !candidate.isExcluded, candidate.busy < limit {
                let rank = candidate.isAvoided ? candidate.busy + (Int.max >> 1) : candidate.busy
                if rank < bestRank {
                    best = index
                    bestRank = rank
                }
                if rank == 0 { break }
            }
            index = index + 1 == count ? 0 : index + 1
        }
        return best
    }
}
