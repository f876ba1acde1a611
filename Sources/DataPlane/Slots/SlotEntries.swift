/// The entries that a process refers to, and how it finds, makes and reuses them.
///
/// An entry that nobody refers to keeps its name and its extents until somebody needs one: a replica that comes back
/// finds its own. All calls but the releases happen while the host's allocation lock is held.
struct SlotEntries: Sendable {
    private let table: SlotTable<SharedWords>
    private var replicas: SlotNames
    private var deployments: SlotNames
    private var addresses: [Int: SocketAddress] = [:]

    /// - Parameter bit: this process's bit among the references of an entry.
    init(table: SlotTable<SharedWords>, bit: UInt64) {
        self.table = table
        replicas = SlotNames(
            table: table, bit: bit, countWord: SlotLayout.replicaCountWord, unusedWord: SlotLayout.unusedReplicasWord,
            limit: table.layout.replicaLimit, entryAt: { [layout = table.layout] in layout.replica($0) },
            isReusable: { table.inside($0) == 0 }, clean: { table.stopLeasing($0) })
        deployments = SlotNames(
            table: table, bit: bit, countWord: SlotLayout.deploymentCountWord,
            unusedWord: SlotLayout.unusedDeploymentsWord, limit: table.layout.deploymentLimit,
            entryAt: { [layout = table.layout] in layout.deployment($0) },
            isReusable: { table.memory.load(SlotLayout.waitingWord($0)) == 0 }, clean: { _ in })
    }

    func address(of entry: Int) -> SocketAddress? { addresses[entry] }

    mutating func replica(
        _ name: SlotName, address: SocketAddress, limit: Int, timeoutMs: Int, isLeased: Bool
    ) throws(SlotsExhausted) -> Int {
        let entry = try replicas.use(name)
        addresses[entry] = address
        do throws(SlotsExhausted) {
            try adjust(entry, limit: limit, timeoutMs: timeoutMs, isLeased: isLeased)
        } catch {
            releaseReplica(entry)
            throw error
        }
        return entry
    }

    mutating func deployment(_ name: SlotName) throws(SlotsExhausted) -> Int { try deployments.use(name) }

    mutating func releaseReplica(_ entry: Int) {
        if replicas.release(entry) { addresses[entry] = nil }
    }

    mutating func releaseDeployment(_ entry: Int) { deployments.release(entry) }

    /// Extends a replica's entry to `limit` slots; it never gets smaller. With a lease, this host begins with none of them.
    func adjust(_ entry: Int, limit: Int, timeoutMs: Int, isLeased: Bool) throws(SlotsExhausted) {
        let memory = table.memory
        if isLeased { table.startLeasing(entry) } else { table.stopLeasing(entry) }
        memory.store(UInt64(clamping: timeoutMs), at: SlotLayout.timeoutWord(entry))
        while table.capacity(entry) < limit {
            let extent = Int(truncatingIfNeeded: memory.load(SlotLayout.extentCountWord(entry)))
            let start = Int(truncatingIfNeeded: memory.load(SlotLayout.extentWordsUsedWord))
            guard extent < SlotLayout.extentLimit else {
                throw SlotsExhausted(description: "a replica has at most \(SlotLayout.slotLimit) concurrent requests")
            }
            guard start + SlotLayout.extentSize(extent) <= table.layout.extentWordLimit else {
                throw SlotsExhausted(description: "the slot table has no room for \(limit) slots of another replica")
            }
            // In this order, so that a process that ends in between loses words and never gives them out twice.
            memory.store(UInt64(start + SlotLayout.extentSize(extent)), at: SlotLayout.extentWordsUsedWord)
            memory.store(UInt64(start), at: SlotLayout.extentWord(entry, extent))
            if isLeased { table.fillWithElsewhere(start, SlotLayout.extentSize(extent)) }
            memory.store(UInt64(extent + 1), at: SlotLayout.extentCountWord(entry))
        }
    }
}

/// Entries of one kind, by name.
struct SlotNames: Sendable {
    private let table: SlotTable<SharedWords>
    private let bit: UInt64
    private let countWord: Int
    private let unusedWord: Int
    private let limit: Int
    private let entryAt: @Sendable (Int) -> Int
    private let isReusable: @Sendable (Int) -> Bool
    private let clean: @Sendable (Int) -> Void

    private var indices: [SlotName: Int] = [:]
    /// Entries that ``indices`` has, and the renamings that it has seen.
    private var seenCount = 0
    private var seenRenames: UInt64 = 0
    /// How often this process was given an entry.
    private var uses: [Int: Int] = [:]
    /// Where the search for an unused entry goes on.
    private var cursor = 0

    init(
        table: SlotTable<SharedWords>, bit: UInt64, countWord: Int, unusedWord: Int, limit: Int,
        entryAt: @escaping @Sendable (Int) -> Int, isReusable: @escaping @Sendable (Int) -> Bool,
        clean: @escaping @Sendable (Int) -> Void
    ) {
        (self.table, self.bit, self.countWord) = (table, bit, countWord)
        (self.unusedWord, self.limit, self.entryAt) = (unusedWord, limit, entryAt)
        (self.isReusable, self.clean) = (isReusable, clean)
    }

    /// The entry of that name: the one that has it, else an unused one, else a new one.
    mutating func use(_ name: SlotName) throws(SlotsExhausted) -> Int {
        catchUp()
        if let index = indices[name] { return refer(to: entryAt(index)) }
        if let index = unusedIndex() {
            rename(index, name)
            return refer(to: entryAt(index))
        }
        guard seenCount < limit else { throw SlotsExhausted(description: "the slot table is full: \(limit) entries") }
        let entry = entryAt(seenCount)
        setName(entry, name)
        table.memory.set(bit, at: SlotLayout.referencesWord(entry))
        table.memory.store(UInt64(seenCount + 1), at: countWord)
        indices[name] = seenCount
        seenCount += 1
        uses[entry, default: 0] += 1
        return entry
    }

    /// True if it was the last use of the entry by this process.
    @discardableResult
    mutating func release(_ entry: Int) -> Bool {
        guard let count = uses[entry] else { return false }
        uses[entry] = count > 1 ? count - 1 : nil
        guard count == 1 else { return false }
        table.dropReference(entry, bit, countIn: unusedWord)
        return true
    }

    /// Learns what other processes have named since the last call.
    private mutating func catchUp() {
        let renames = table.memory.load(SlotLayout.renamesWord)
        if renames != seenRenames {
            indices.removeAll(keepingCapacity: true)
            seenCount = 0
            seenRenames = renames
        }
        let count = min(Int(truncatingIfNeeded: table.memory.load(countWord)), limit)
        while seenCount < count {
            indices[nameOf(entryAt(seenCount))] = seenCount
            seenCount += 1
        }
    }

    private mutating func unusedIndex() -> Int? {
        guard Int64(bitPattern: table.memory.load(unusedWord)) > 0 else { return nil }
        for _ in 0..<seenCount {
            cursor = cursor + 1 < seenCount ? cursor + 1 : 0
            let entry = entryAt(cursor)
            if table.memory.load(SlotLayout.referencesWord(entry)) == 0, isReusable(entry) { return cursor }
        }
        return nil
    }

    private mutating func rename(_ index: Int, _ name: SlotName) {
        indices[nameOf(entryAt(index))] = nil
        indices[name] = index
        // First: who finds another name has to have been told.
        seenRenames = table.memory.load(SlotLayout.renamesWord) &+ 1
        table.memory.store(seenRenames, at: SlotLayout.renamesWord)
        clean(entryAt(index))
        setName(entryAt(index), name)
    }

    private mutating func refer(to entry: Int) -> Int {
        if table.memory.set(bit, at: SlotLayout.referencesWord(entry)) == 0 { table.memory.add(-1, to: unusedWord) }
        uses[entry, default: 0] += 1
        return entry
    }

    private func nameOf(_ entry: Int) -> SlotName {
        SlotName(high: table.memory.load(entry), low: table.memory.load(entry + 1))
    }

    private func setName(_ entry: Int, _ name: SlotName) {
        table.memory.store(name.high, at: entry)
        table.memory.store(name.low, at: entry + 1)
    }
}
