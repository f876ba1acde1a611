import Glibc
import Testing

@testable import DataPlane

/// Small tables in this process's memory.
private func makeTable() throws -> SlotTable<SharedWords> {
    let layout = SlotLayout(replicaLimit: 4, deploymentLimit: 2, extentWordLimit: 64)
    let table = SlotTable(memory: try SharedWords(count: layout.wordCount), layout: layout)
    table.memory.store(1, at: SlotLayout.replicaCountWord)
    table.memory.store(1, at: SlotLayout.deploymentCountWord)
    table.memory.set(0b111, at: SlotLayout.membersWord)
    return table
}

@Suite(.ownThread) struct SlotTableTests {
    private let first = SlotWord.owner(row: 0, generation: 1)
    private let second = SlotWord.owner(row: 1, generation: 1)

    @Test func `no more are taken than the limit says, from however many threads`() async throws {
        let table = try makeTable()
        let replica = table.layout.replica(0)
        let taken = await withTaskGroup(of: Int.self) { group in
            for row in 0..<8 {
                group.addTask {
                    (0..<1000).count { start in
                        table.take(
                            replica, limit: 7, owner: SlotWord.owner(row: row, generation: 1), from: start % 7) != nil
                    }
                }
            }
            return await group.reduce(0, +)
        }
        #expect(taken == 7)
        #expect(table.busy(replica) == 7)
        #expect(table.recount(replica) == 7)
    }

    @Test func `a slot is given back once, and by its owner only`() throws {
        let table = try makeTable()
        let replica = table.layout.replica(0)
        let slot = try #require(table.take(replica, limit: 1, owner: first, from: 0))
        #expect(table.take(replica, limit: 1, owner: second, from: 0) == nil)
        #expect(!table.release(replica, slot: slot, owner: second))
        #expect(table.release(replica, slot: slot, owner: first))
        #expect(!table.release(replica, slot: slot, owner: first))
        #expect(table.busy(replica) == 0)
        #expect(table.take(replica, limit: 1, owner: second, from: 5) == 0)
    }

    @Test func `every slot has a word of its own, in the entry and in extents`() throws {
        let layout = SlotLayout()
        let table = SlotTable(memory: try SharedWords(count: layout.wordCount), layout: layout)
        var entries = SlotEntries(table: table, bit: 1)
        let address = try #require(SocketAddress("unix:/a"))
        var words: Set<Int> = []
        var expected = 0
        for (name, limit) in [("a", 1), ("b", 8), ("c", 9), ("d", 100), ("e", 8192)] {
            let entry = try entries.replica(
                SlotName(name), address: address, limit: limit, timeoutMs: 5, isLeased: false)
            #expect(table.capacity(entry) >= limit && table.capacity(entry) < max(9, 2 * limit))
            for slot in 0..<table.capacity(entry) { words.insert(table.slotWord(entry, slot)) }
            expected += table.capacity(entry)
        }
        #expect(words.count == expected)
        #expect(words.allSatisfy { $0 < layout.wordCount })
        #expect(throws: SlotsExhausted.self) {
            try entries.replica(SlotName("f"), address: address, limit: 8193, timeoutMs: 5, isLeased: false)
        }
    }

    @Test(arguments: [(0b0110, 1, 2), (0b0110, 2, 1), (0b0001, 0, 0), (0b1000, 63, 3)] as [(UInt64, Int, Int)])
    func `members are served in turn`(mask: UInt64, last: Int, next: Int) {
        #expect(SlotTable<SharedWords>.next(in: mask, after: last) == next)
    }

    @Test func `the line is bounded over all members, and a member's part dies with it`() throws {
        let table = try makeTable()
        let deployment = table.layout.deployment(0)
        #expect(table.enqueue(deployment, row: 0, limit: 3, vacant: { _ in 0 }))
        #expect(table.enqueue(deployment, row: 1, limit: 3, vacant: { _ in 0 }))
        #expect(table.enqueue(deployment, row: 1, limit: 3, vacant: { _ in 0 }))
        #expect(!table.enqueue(deployment, row: 0, limit: 3, vacant: { _ in 0 }))
        #expect(table.queued(deployment) == 3)
        #expect(table.startWaiting(deployment, row: 1))
        table.bury(row: 1, nowMs: 0)
        #expect(table.queued(deployment) == 1)
        #expect(!table.isAnyoneWaiting(deployment))
        #expect(table.enqueue(deployment, row: 2, limit: 3, vacant: { _ in 0 }))
    }

    @Test func `who was rung and does not come is passed over until it comes`() throws {
        let table = try makeTable()
        let deployment = table.layout.deployment(0)
        for row in 0..<2 { _ = table.startWaiting(deployment, row: row) }
        #expect(table.ring(row: 1, nowMs: 100))
        #expect(!table.ring(row: 1, nowMs: 101))
        table.passOverSilent(nowMs: 119, patienceMs: 20)
        #expect(Set((0..<4).compactMap { _ in table.nextWaiting(deployment) }) == [0, 1])
        table.passOverSilent(nowMs: 121, patienceMs: 20)
        #expect(Set((0..<4).compactMap { _ in table.nextWaiting(deployment) }) == [0])
        table.stopWaiting(deployment, row: 0)
        #expect(!table.isAnyoneWaiting(deployment))
        #expect(table.nextWaiting(deployment) == nil)
        table.answerRing(row: 1)
        #expect(table.nextWaiting(deployment) == 1)
    }

    @Test func `the slots of the dead are kept until their time, or their replica is clear`() throws {
        let table = try makeTable()
        let replica = table.layout.replica(0)
        table.memory.store(500, at: SlotLayout.timeoutWord(replica))
        table.memory.store(1, at: SlotLayout.generationWord(row: 1))
        for _ in 0..<2 { #expect(table.take(replica, limit: 3, owner: second, from: 0) != nil) }
        #expect(table.take(replica, limit: 3, owner: first, from: 0) == 2)
        table.bury(row: 1, nowMs: 1_000)
        #expect(table.recount(replica) == 3)
        #expect(!table.endQuarantine(nowMs: 1_499) { _ in nil })
        #expect(table.take(replica, limit: 3, owner: first, from: 0) == nil)
        #expect(table.endQuarantine(nowMs: 1_500) { _ in nil })
        #expect(table.busy(replica) == 1)
        #expect(!table.endQuarantine(nowMs: 1_501) { _ in 0 }, "there is nothing left to free")

        // A new member in the same row, and its end.
        table.memory.store(2, at: SlotLayout.generationWord(row: 1))
        let reborn = SlotWord.owner(row: 1, generation: 2)
        #expect(table.take(replica, limit: 3, owner: reborn, from: 0) == 0)
        table.bury(row: 1, nowMs: 2_000)
        #expect(table.endQuarantine(nowMs: 2_001) { $0 == replica ? 0 : nil })
        #expect(table.busy(replica) == 1)
        #expect(table.release(replica, slot: 2, owner: first), "the living keep theirs")
    }
}
