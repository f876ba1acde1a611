/// Smooth weighted round robin: over any `total` picks in a row every choice comes up exactly as often as its weight,
/// spread as evenly as can be.
///
/// Source: the algorithm that nginx uses for weighted upstream servers.
package enum SmoothWeighted {
    /// Picks one of `count` choices and moves their running weights on; `nil` if no weight is positive.
    package static func pick(
        count: Int, weight: (Int) -> Int, running: (Int) -> Int, setRunning: (Int, Int) -> Void
    ) -> Int? {
        var best: Int?
        var bestRunning = 0
        var total = 0
        for index in 0..<count {
            let weight = weight(index)
            guard weight > 0 else { continue }
            total += weight
            let moved = running(index) + weight
            setRunning(index, moved)
            if best == nil || moved > bestRunning {
                best = index
                bestRunning = moved
            }
        }
        if let best { setRunning(best, bestRunning - total) }
        return best
    }
}
