/// Slots of which other hosts have a part.
///
/// What another host has, or nobody, is marked as taken *elsewhere*; this host's own part can be taken while its lease
/// lasts. A slot comes when ``accept(_:_:)`` frees its mark and goes when ``recall(_:_:)`` or ``giveBack(_:slot:owner:)`` puts
/// it back, both by an exchange: nobody can have it meanwhile.
extension SlotTable {
    /// Takes a slot like ``take(_:limit:owner:from:)``, within the lease if there is one.
    func takeLeased(_ replica: Int, limit: Int, owner: UInt64, from start: Int) -> Int? {
        guard memory.load(SlotLayout.leaseEndWord(replica)) != 0 else {
            return take(replica, limit: limit, owner: owner, from: start)
        }
        guard isLeaseValid(replica), let slot = take(replica, limit: limit, owner: owner, from: start) else {
            return nil
        }
        // Whoever was stopped in between may wake up after the end.
        if isLeaseValid(replica) { return slot }
        giveBack(replica, slot: slot, owner: owner)
        return nil
    }

    /// Looks at the clock itself: a loop's own is as old as its turn.
    private func isLeaseValid(_ replica: Int) -> Bool {
        MonotonicTime.now.milliseconds < Int64(clamping: memory.load(SlotLayout.leaseEndWord(replica)))
    }

    /// Gives a slot back: to whoever waits here, or to another host if it was asked for.
    func giveBack(_ replica: Int, slot: Int, owner: UInt64) {
        if release(replica, slot: slot, owner: owner) { return }
        _ = memory.exchange(slotWord(replica, slot), from: owner | SlotWord.passing, to: SlotWord.elsewhere)
    }

    /// Slots among the first `limit` that cannot be taken: a hint without a lease, counted with one.
    func load(_ replica: Int, limit: Int) -> Int {
        guard memory.load(SlotLayout.leaseEndWord(replica)) != 0 else { return busy(replica) }
        var count = 0
        for slot in 0..<min(limit, capacity(replica)) where memory.load(slotWord(replica, slot)) != SlotWord.free {
            count += 1
        }
        return count
    }

    // MARK: For the host's agent

    /// The slots that this host has.
    struct Holding: Equatable {
        var slots: [Int] = []
        /// How many of them are free.
        var idle = 0
        /// How many go to other hosts when they are given back.
        var passing = 0
    }

    func holding(_ replica: Int) -> Holding {
        var holding = Holding()
        for slot in 0..<capacity(replica) {
            let word = memory.load(slotWord(replica, slot))
            if word == SlotWord.elsewhere { continue }
            holding.slots.append(slot)
            if word == SlotWord.free { holding.idle += 1 }
            if word & SlotWord.passing != 0 { holding.passing += 1 }
        }
        return holding
    }

    /// Takes over slots that this host was granted.
    func accept(_ replica: Int, _ slots: [Int]) {
        for slot in slots where slot >= 0 && slot < capacity(replica) {
            _ = memory.exchange(slotWord(replica, slot), from: SlotWord.elsewhere, to: SlotWord.free)
        }
    }

    /// Gives up to `count` free slots away; returns how many there were.
    @discardableResult
    func markLost(_ replica: Int, _ count: Int = .max, from first: Int = 0) -> Int {
        var given = 0
        for slot in (first..<max(first, capacity(replica))).reversed() where given < count {
            if memory.exchange(slotWord(replica, slot), from: SlotWord.free, to: SlotWord.elsewhere) { given += 1 }
        }
        return given
    }

    /// Has up to `count` slots go to other hosts: free ones at once, others when they are given back.
    func recall(_ replica: Int, _ count: Int = .max) {
        var rest = count - markLost(replica, count)
        for slot in (0..<capacity(replica)).reversed() where rest > 0 {
            let word = slotWord(replica, slot)
            let value = memory.load(word)
            let isInUse = value != SlotWord.free && value & (SlotWord.elsewhere | SlotWord.passing) == 0
            if isInUse, memory.exchange(word, from: value, to: value | SlotWord.passing) { rest -= 1 }
        }
    }

    func extendLease(_ replica: Int, untilMs: Int64) {
        memory.store(UInt64(max(1, untilMs)), at: SlotLayout.leaseEndWord(replica))
    }

    /// The end of the lease; 0 without one.
    func leaseEndMs(_ replica: Int) -> Int64 { Int64(clamping: memory.load(SlotLayout.leaseEndWord(replica))) }

    /// From here on this host has the slots that are in use, and gets others by leases.
    func startLeasing(_ replica: Int) {
        guard memory.exchange(SlotLayout.leaseEndWord(replica), from: 0, to: 1) else { return }
        markLost(replica)
    }

    /// From here on all slots are this host's.
    func stopLeasing(_ replica: Int) {
        guard memory.load(SlotLayout.leaseEndWord(replica)) != 0 else { return }
        accept(replica, Array(0..<capacity(replica)))
        recount(replica)
        memory.store(0, at: SlotLayout.leaseEndWord(replica))
    }

    /// Marks words that no entry has yet.
    func fillWithElsewhere(_ start: Int, _ count: Int) {
        for offset in 0..<count { memory.store(SlotWord.elsewhere, at: layout.extentsStart + start + offset) }
    }
}
