/// Slots over shared words: taking, giving back, waiting and whose turn it is.
///
/// Taking is an exchange of a free word for the owner's, so a replica never has more requests inside than it has
/// slots, whoever takes, and whenever a taker dies: what the dead has taken is found by its word. Nothing else is
/// relied on. The count of busy slots is a hint that is set right when it proves wrong; a ring is a hint as well, and
/// who waits looks from time to time.
struct SlotTable<Memory: SlotMemory> {
    let memory: Memory
    let layout: SlotLayout

    init(memory: Memory, layout: SlotLayout = SlotLayout()) {
        (self.memory, self.layout) = (memory, layout)
    }

    // MARK: Slots

    /// Takes one of the first `limit` slots of a replica, looking from `start` on; `nil` if none is free.
    func take(_ replica: Int, limit: Int, owner: UInt64, from start: Int) -> Int? {
        var slot = start < limit ? start : 0
        for _ in 0..<limit {
            let word = slotWord(replica, slot)
            if memory.load(word) == SlotWord.free, memory.exchange(word, from: SlotWord.free, to: owner) {
                memory.add(1, to: SlotLayout.busyWord(replica))
                return slot
            }
            slot = slot + 1 == limit ? 0 : slot + 1
        }
        return nil
    }

    /// Gives a slot back; false if it was not the owner's any more, which only a member that was taken for dead can see.
    @discardableResult
    func release(_ replica: Int, slot: Int, owner: UInt64) -> Bool {
        guard memory.exchange(slotWord(replica, slot), from: owner, to: SlotWord.free) else { return false }
        memory.add(-1, to: SlotLayout.busyWord(replica))
        return true
    }

    /// Puts a slot into quarantine whose request was broken off while the model may be at work, until that is seen to have
    /// ended, or for as long as a request may take.
    func quarantine(_ replica: Int, slot: Int, owner: UInt64, nowMs: Int64) {
        let end = SlotWord.quarantine(untilMs: nowMs + Int64(clamping: memory.load(SlotLayout.timeoutWord(replica))))
        let word = slotWord(replica, slot)
        if !memory.exchange(word, from: owner, to: end) {
            _ = memory.exchange(word, from: owner | SlotWord.passing, to: end | SlotWord.passing)
        }
        memory.store(1, at: SlotLayout.quarantineWord)
    }

    /// Requests inside a replica, as a hint: an owner that died in the middle of a step leaves it wrong.
    func busy(_ replica: Int) -> Int {
        Int(truncatingIfNeeded: Int64(bitPattern: memory.load(SlotLayout.busyWord(replica))))
    }

    /// Counts the taken slots and sets the hint right.
    @discardableResult
    func recount(_ replica: Int) -> Int {
        var taken = 0
        for slot in 0..<capacity(replica) where memory.load(slotWord(replica, slot)) != SlotWord.free { taken += 1 }
        memory.store(UInt64(taken), at: SlotLayout.busyWord(replica))
        return taken
    }

    /// Requests of this host inside a replica, those in quarantine included, counted.
    func inside(_ replica: Int) -> Int {
        var count = 0
        for slot in 0..<capacity(replica) {
            let word = memory.load(slotWord(replica, slot))
            if word != SlotWord.free, word != SlotWord.elsewhere { count += 1 }
        }
        return count
    }

    /// Slots that a replica's entry has room for.
    func capacity(_ replica: Int) -> Int {
        SlotLayout.inlineSlots
            << Int(clamping: min(memory.load(SlotLayout.extentCountWord(replica)), UInt64(SlotLayout.extentLimit)))
    }

    func slotWord(_ replica: Int, _ slot: Int) -> Int {
        guard slot >= SlotLayout.inlineSlots else { return SlotLayout.inlineSlotWord(replica, slot) }
        let extent = (slot / SlotLayout.inlineSlots).bitWidth - 1 - (slot / SlotLayout.inlineSlots).leadingZeroBitCount
        let start = Int(truncatingIfNeeded: memory.load(SlotLayout.extentWord(replica, extent)))
        return layout.extentsStart + start + slot - SlotLayout.extentSize(extent)
    }

    // MARK: Waiting

    /// Whether anybody has waited before; who comes now waits behind them.
    func isAnyoneWaiting(_ deployment: Int) -> Bool {
        let waiting = memory.load(SlotLayout.waitingWord(deployment))
        return waiting != 0 && waiting & ~memory.load(SlotLayout.stalledWord) != 0
    }

    /// Publishes that a member waits; true if nobody else does. Then it must look for a slot once more: one that was
    /// given back just before woke nobody.
    func startWaiting(_ deployment: Int, row: Int) -> Bool {
        let others = memory.set(1 << UInt64(row), at: SlotLayout.waitingWord(deployment)) & ~(1 << UInt64(row))
        return others == 0 || others & ~memory.load(SlotLayout.stalledWord) == 0
    }

    func stopWaiting(_ deployment: Int, row: Int) {
        memory.clear(1 << UInt64(row), at: SlotLayout.waitingWord(deployment))
    }

    /// The member whose turn it is to take a slot; `nil` if nobody waits who answers.
    func nextWaiting(_ deployment: Int) -> Int? {
        let waiting = memory.load(SlotLayout.waitingWord(deployment))
        guard waiting != 0 else { return nil }
        let answering = waiting & ~memory.load(SlotLayout.stalledWord)
        guard answering != 0 else { return nil }
        let last = Int(truncatingIfNeeded: memory.load(SlotLayout.lastServedWord(deployment)) & 63)
        let next = Self.next(in: answering, after: last)
        memory.store(UInt64(next), at: SlotLayout.lastServedWord(deployment))
        return next
    }

    /// Index of the first set bit of `mask`, which has one, after bit `last`, going round.
    static func next(in mask: UInt64, after last: Int) -> Int {
        let above = last >= 63 ? 0 : mask & (UInt64.max << UInt64(last + 1))
        return (above != 0 ? above : mask).trailingZeroBitCount
    }

    /// Counts one more waiting request of a member, unless `limit` wait and every slot has a request.
    ///
    /// A slot that was given back is free until the loop whose turn it is comes for it. Until then one more may wait: the
    /// caller whose response freed the slot may be back first. To be called once the member is published by
    /// ``startWaiting(_:row:)``: then nobody takes a slot past the line, and only who waits takes one.
    ///
    /// - Parameter vacant: counts slots without a request, up to the number given.
    func enqueue(_ deployment: Int, row: Int, limit: Int, vacant: (_ enough: Int) -> Int) -> Bool {
        enter(deployment, row: row)
        var excess = 0
        for _ in 0..<Self.looksBeforeDoubt {
            let line = line(deployment)
            excess = SlotWord.queued(line) - limit
            if excess <= 0 || vacant(excess) >= excess { return true }
            // Nobody came or went meanwhile, so all that were counted are there at once.
            guard self.line(deployment) != line else {
                dequeue(deployment, row: row)
                return false
            }
        }
        // In doubt it may stay, as long as no member has more than one such request.
        if excess <= SlotLayout.memberLimit { return true }
        dequeue(deployment, row: row)
        return false
    }

    /// Counts one more waiting request of a member, however many there are.
    func enter(_ deployment: Int, row: Int) {
        let own = SlotLayout.queuedWord(deployment, row: row)
        memory.store(memory.load(own) &+ SlotWord.oneEntered, at: own)
    }

    /// Counts a request as waiting no longer. If it goes on to a slot, this comes first: who counts the line and then the
    /// slots would meet it in both.
    func dequeue(_ deployment: Int, row: Int) {
        let own = SlotLayout.queuedWord(deployment, row: row)
        memory.store(memory.load(own) &+ SlotWord.oneLeft, at: own)
    }

    /// Requests that wait, over all members.
    func queued(_ deployment: Int) -> Int { SlotWord.queued(line(deployment)) }

    /// The sum of all members' words; it only grows, so one that is the same later was the same all the time.
    private func line(_ deployment: Int) -> UInt64 {
        var members = memory.load(SlotLayout.membersWord)
        var sum: UInt64 = 0
        while members != 0 {
            sum &+= memory.load(SlotLayout.queuedWord(deployment, row: members.trailingZeroBitCount))
            members &= members - 1
        }
        return sum
    }

    /// How often a line that changes all the time is counted.
    private static var looksBeforeDoubt: Int { 8 }

    /// Slots among the first `limit` of a replica that no request has, free or in quarantine; counts up to `enough`.
    func vacant(_ replica: Int, limit: Int, enough: Int) -> Int {
        var count = 0
        for slot in 0..<min(limit, capacity(replica)) where count < enough {
            let word = memory.load(slotWord(replica, slot))
            if word == SlotWord.free || SlotWord.quarantineEndMs(word) != nil { count += 1 }
        }
        return count
    }

    // MARK: Rings

    /// Marks a member as rung; false if it was already and has yet to come.
    func ring(row: Int, nowMs: Int64) -> Bool {
        memory.exchange(SlotLayout.rungWord(row: row), from: 0, to: UInt64(max(1, nowMs)))
    }

    /// A member comes because it was rung. To be called before it looks for what it was rung for.
    func answerRing(row: Int) {
        memory.store(0, at: SlotLayout.rungWord(row: row))
        if memory.load(SlotLayout.stalledWord) & 1 << UInt64(row) != 0 {
            memory.clear(1 << UInt64(row), at: SlotLayout.stalledWord)
        }
    }

    /// Passes over members that were rung `patienceMs` ago and did not come: they are stopped, or about to be found dead.
    func passOverSilent(nowMs: Int64, patienceMs: Int64) {
        var members = memory.load(SlotLayout.membersWord)
        while members != 0 {
            let row = members.trailingZeroBitCount
            members &= members - 1
            let rung = Int64(truncatingIfNeeded: memory.load(SlotLayout.rungWord(row: row)))
            if rung != 0, nowMs - rung > patienceMs { memory.set(1 << UInt64(row), at: SlotLayout.stalledWord) }
        }
    }

    // MARK: The dead

    /// Clears up after a member that has ended: its slots go into quarantine, its waiting requests are forgotten.
    ///
    /// Only one may do this at a time for a row; done twice, or broken off and done again, it comes to the same.
    func bury(row: Int, nowMs: Int64) {
        let bit: UInt64 = 1 << UInt64(row)
        let owner = SlotWord.owner(row: row, generation: memory.load(SlotLayout.generationWord(row: row)))
        memory.store(1, at: SlotLayout.quarantineWord)
        for index in 0..<replicaCount {
            let replica = layout.replica(index)
            let end = nowMs + Int64(clamping: memory.load(SlotLayout.timeoutWord(replica)))
            for slot in 0..<capacity(replica) {
                let word = slotWord(replica, slot)
                let value = memory.load(word)
                if value & ~SlotWord.passing == owner {
                    let rest = value & SlotWord.passing
                    _ = memory.exchange(word, from: value, to: SlotWord.quarantine(untilMs: end) | rest)
                }
            }
            dropReference(replica, bit, countIn: SlotLayout.unusedReplicasWord)
            recount(replica)
        }
        for index in 0..<deploymentCount {
            let deployment = layout.deployment(index)
            memory.store(0, at: SlotLayout.queuedWord(deployment, row: row))
            memory.clear(bit, at: SlotLayout.waitingWord(deployment))
            dropReference(deployment, bit, countIn: SlotLayout.unusedDeploymentsWord)
        }
        memory.clear(bit, at: SlotLayout.stalledWord)
        memory.clear(bit, at: SlotLayout.membersWord)
        memory.store(0, at: SlotLayout.rungWord(row: row))
    }

    /// How much longer than its time a slot stays in quarantine while its replica is seen to be at the request: a model
    /// may work on what nobody waits for any more, and not for ever.
    static var knownWorkMs: Int64 { 3_600_000 }

    /// Frees slots in quarantine: those whose time is over, and where it is known what the replica has left of the
    /// requests that were broken off, all but as many.
    /// Returns whether any was freed: then everybody who waits has to be rung.
    ///
    /// - Parameter left: requests that were broken off and that the replica has not ended; `nil` if that is not known.
    func endQuarantine(nowMs: Int64, left: (_ replica: Int) -> Int?) -> Bool {
        guard memory.load(SlotLayout.quarantineWord) != 0 else { return false }
        memory.store(0, at: SlotLayout.quarantineWord)
        var hasFreed = false
        for index in 0..<replicaCount {
            let replica = layout.replica(index)
            let ends = quarantineEnds(replica)
            guard !ends.isEmpty else { continue }
            // Which of them has ended does not matter: one slot is as good as another.
            let known = left(replica)
            var kept = 0
            for (slot, value, end) in ends.sorted(by: { $0.end > $1.end }) {
                let isKept = known.map { kept < $0 && end + Self.knownWorkMs > nowMs } ?? (end > nowMs)
                if isKept {
                    kept += 1
                } else if leaveQuarantine(replica, slot, value) {
                    hasFreed = true
                }
            }
            if kept > 0 { memory.store(1, at: SlotLayout.quarantineWord) }
        }
        return hasFreed
    }

    private func quarantineEnds(_ replica: Int) -> [(slot: Int, value: UInt64, end: Int64)] {
        var ends: [(slot: Int, value: UInt64, end: Int64)] = []
        for slot in 0..<capacity(replica) {
            let value = memory.load(slotWord(replica, slot))
            if let end = SlotWord.quarantineEndMs(value) { ends.append((slot, value, end)) }
        }
        return ends
    }

    /// Frees a slot, or leaves it to another host; returns whether it is free here.
    private func leaveQuarantine(_ replica: Int, _ slot: Int, _ value: UInt64) -> Bool {
        let word = slotWord(replica, slot)
        guard value & SlotWord.passing == 0 else {
            _ = memory.exchange(word, from: value, to: SlotWord.elsewhere)
            return false
        }
        guard memory.exchange(word, from: value, to: SlotWord.free) else { return false }
        memory.add(-1, to: SlotLayout.busyWord(replica))
        return true
    }

    /// Forgets that `bit`'s process refers to an entry.
    func dropReference(_ entry: Int, _ bit: UInt64, countIn counter: Int) {
        if memory.clear(bit, at: SlotLayout.referencesWord(entry)) == bit { memory.add(1, to: counter) }
    }

    var replicaCount: Int {
        min(Int(truncatingIfNeeded: memory.load(SlotLayout.replicaCountWord)), layout.replicaLimit)
    }
    var deploymentCount: Int {
        min(Int(truncatingIfNeeded: memory.load(SlotLayout.deploymentCountWord)), layout.deploymentLimit)
    }
}

extension SlotTable: Sendable where Memory: Sendable {}
