/// Words that everyone who takes slots reads and writes at once; every call is one indivisible step, in one order for all.
protocol SlotMemory {
    func load(_ index: Int) -> UInt64
    func store(_ value: UInt64, at index: Int)
    /// Replaces `expected`; false if something else is there.
    func exchange(_ index: Int, from expected: UInt64, to desired: UInt64) -> Bool
    /// Adds without a check for overflow; not ordered with other words.
    func add(_ amount: Int, to index: Int)
    /// Sets bits; returns what was there before.
    @discardableResult func set(_ bits: UInt64, at index: Int) -> UInt64
    /// Clears bits; returns what was there before.
    @discardableResult func clear(_ bits: UInt64, at index: Int) -> UInt64
}

/// Where everything stands in the words of a slot table.
///
/// | Words | Content |
/// |---|---|
/// | header | version, numbers of entries, who is there, who does not answer |
/// | a row per member | its generation, when it was rung, its process, the routing table that it serves |
/// | an entry per deployment | name, who refers to it, who waits, whose turn it was, how many of each member wait |
/// | an entry per replica | name, who refers to it, requests inside (a hint without a lease), its first 8 slots, where the others stand, its lease |
/// | extents | further slots, each extent as long as all the slots before it |
///
/// A *member* is a loop of a router. A slot is one word: 0 while free, else its owner's word, a quarantine's end, or that it is
/// another host's.
struct SlotLayout: Sendable {
    /// To be raised whenever the meaning of a word changes: processes of different versions share no table.
    static let version: UInt64 = 3
    static let memberLimit = 64
    /// Slots in the entry itself.
    static let inlineSlots = 8
    static let extentLimit = 10
    /// Most slots of a replica.
    static var slotLimit: Int { inlineSlots << extentLimit }

    // MARK: Header
    static let versionWord = 0
    static let replicaCountWord = 1
    static let deploymentCountWord = 2
    static let extentWordsUsedWord = 3
    static let unusedReplicasWord = 4
    static let unusedDeploymentsWord = 5
    /// Not 0 while there may be slots in quarantine.
    static let quarantineWord = 6
    /// Changes whenever an entry gets another name.
    static let renamesWord = 7
    /// Number of the router that asked last for this host's leases.
    static let agentWord = 17
    /// Bit per member that is there.
    static let membersWord = 8
    /// Bit per member that was rung and did not come: nobody leaves a slot to it.
    static let stalledWord = 16
    private static let headerSize = 64

    var replicaLimit = 65_536
    var deploymentLimit = 32_768
    var extentWordLimit = 1 << 22

    // MARK: Members
    private static let rowSize = 8
    /// Generation of the member that has the row now, or had it last.
    static func generationWord(row: Int) -> Int { headerSize + row * rowSize }
    /// Millisecond of the ring it has not come for yet, 0 if there is none.
    static func rungWord(row: Int) -> Int { generationWord(row: row) + 1 }
    static func processWord(row: Int) -> Int { generationWord(row: row) + 2 }
    static func startTicksWord(row: Int) -> Int { generationWord(row: row) + 3 }
    /// Generation of the routing table that the member serves; 0 for none.
    static func servedTableWord(row: Int) -> Int { generationWord(row: row) + 4 }

    // MARK: Deployments
    private static let deploymentSize = 8 + memberLimit
    private static let deploymentsStart = headerSize + memberLimit * rowSize
    func deployment(_ index: Int) -> Int { Self.deploymentsStart + index * Self.deploymentSize }
    /// The first two words of an entry, of either kind, are its name.
    static func referencesWord(_ entry: Int) -> Int { entry + 2 }
    /// Bit per member that has a request waiting.
    static func waitingWord(_ deployment: Int) -> Int { deployment + 3 }
    static func lastServedWord(_ deployment: Int) -> Int { deployment + 4 }
    /// Requests of a member that wait, and how often that has changed, see ``SlotWord/queued(_:)``.
    static func queuedWord(_ deployment: Int, row: Int) -> Int { deployment + 8 + row }

    // MARK: Replicas
    private static let replicaHead = 24
    private static let replicaSize = replicaHead + inlineSlots
    private var replicasStart: Int { deployment(deploymentLimit) }
    func replica(_ index: Int) -> Int { replicasStart + index * Self.replicaSize }
    static func busyWord(_ replica: Int) -> Int { replica + 3 }
    /// Longest time of a request, in milliseconds.
    static func timeoutWord(_ replica: Int) -> Int { replica + 4 }
    static func extentCountWord(_ replica: Int) -> Int { replica + 5 }
    static func extentWord(_ replica: Int, _ extent: Int) -> Int { replica + 6 + extent }
    /// Millisecond at which the lease of this host's slots ends; 0 if all slots are this host's, without a lease.
    static func leaseEndWord(_ replica: Int) -> Int { replica + 16 }
    static func inlineSlotWord(_ replica: Int, _ slot: Int) -> Int { replica + replicaHead + slot }

    // MARK: Extents
    var extentsStart: Int { replica(replicaLimit) }
    static func extentSize(_ extent: Int) -> Int { inlineSlots << extent }
    var wordCount: Int { extentsStart + extentWordLimit }
}

/// The values that words take: a slot's, and that of a member's part of a line.
enum SlotWord {
    static let free: UInt64 = 0
    private static let quarantineBit: UInt64 = 1 << 63
    /// Another host has the slot, or nobody.
    static let elsewhere: UInt64 = 1 << 62
    /// In use, or in quarantine, and another host's afterwards.
    static let passing: UInt64 = 1 << 61

    /// The word of the member that has row `row` in its `generation`th use.
    static func owner(row: Int, generation: UInt64) -> UInt64 {
        (generation & (1 << 48 - 1)) << 8 | UInt64(row + 1)
    }

    static func quarantine(untilMs: Int64) -> UInt64 {
        quarantineBit | UInt64(max(0, untilMs)) & (1 << 48 - 1)
    }

    /// Millisecond of the monotonic clock at which the slot is free in any case; `nil` if the slot is not in quarantine.
    static func quarantineEndMs(_ word: UInt64) -> Int64? {
        word & quarantineBit == 0 ? nil : Int64(word & (1 << 48 - 1))
    }

    /// Requests that wait, of the word of a member or the sum of several. The upper half counts every change.
    static func queued(_ word: UInt64) -> Int { Int(word & UInt64(UInt32.max)) }
    /// What is added to a member's word when a request enters the line.
    static let oneEntered: UInt64 = (1 << 32) + 1
    /// What is added when one leaves it: one less, which carries into the upper half.
    static let oneLeft: UInt64 = (1 << 32) - 1
}
