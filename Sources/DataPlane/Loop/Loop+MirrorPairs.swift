/// A live request and one copy of it, until both are answered.
struct MirrorPair {
    /// One side of a pair.
    enum Side {
        case open
        case answered(MirrorComparison.Answer)
        /// It ended without a response: nothing is compared.
        case void
    }

    var comparison: MirrorComparison?
    var live = Side.open
    var mirror = Side.open
    /// The next pair of the same live request, -1 at the end.
    var next: Int32 = -1
}

extension Loop {
    /// Ties a copy to its live request.
    func pair(_ client: Int32, with copy: Int32, _ comparison: MirrorComparison) {
        let pair = freePairs.popLast() ?? Int32(pairs.count)
        if Int(pair) == pairs.count { pairs.append(MirrorPair()) }
        pairs[Int(pair)] = MirrorPair(comparison: comparison, next: clients[client].pair)
        clients[client].pair = pair
        clients[copy].pair = pair
    }

    /// A live request, or a copy, has ended; without a response if `status` is nil.
    func closePairs(_ client: Int32, status: Int?) {
        let microseconds = now.microseconds - clients[client].request.startedAt.microseconds
        let side = status.map {
            MirrorPair.Side.answered(MirrorComparison.Answer(status: $0, microseconds: microseconds))
        }
        var pair = clients[client].pair
        clients[client].pair = -1
        while pair >= 0 {
            // A copy has one pair, whose neighbours are the live request's.
            let next = clients[client].isMirror ? -1 : pairs[Int(pair)].next
            if clients[client].isMirror {
                pairs[Int(pair)].mirror = side ?? .void
            } else {
                pairs[Int(pair)].live = side ?? .void
            }
            settle(pair)
            pair = next
        }
    }

    private func settle(_ pair: Int32) {
        switch (pairs[Int(pair)].live, pairs[Int(pair)].mirror) {
        case (.open, _), (_, .open): return
        case (.answered(let live), .answered(let mirror)):
            pairs[Int(pair)].comparison?.count(live: live, mirror: mirror)
        case (.void, _), (_, .void): break
        }
        pairs[Int(pair)].comparison = nil
        freePairs.append(pair)
    }
}
