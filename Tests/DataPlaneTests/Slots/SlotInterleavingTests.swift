import Synchronization
import Testing

@testable import DataPlane

/// The protocol of the slot table, in every order of its steps and with a member killed at each of them.
@Suite(.ownThread) struct SlotInterleavingTests {
    private static let layout = SlotLayout(replicaLimit: 1, deploymentLimit: 1, extentWordLimit: 8)
    private static let replica = layout.replica(0)
    private static let deployment = layout.deployment(0)

    private static func table(_ words: SteppedWords) -> SlotTable<SteppedWords> {
        SlotTable(memory: words, layout: layout)
    }

    private static func owner(_ row: Int) -> UInt64 { SlotWord.owner(row: row, generation: 1) }

    private static func prepare(_ words: SteppedWords) {
        words.store(1, at: SlotLayout.replicaCountWord)
        words.store(1, at: SlotLayout.deploymentCountWord)
        _ = words.set(0b111, at: SlotLayout.membersWord)
        for row in 0..<3 { words.store(1, at: SlotLayout.generationWord(row: row)) }
    }

    /// What happened in one run, told by the actors.
    private final class Log: Sendable {
        private let state = Mutex((inside: 0, most: 0))

        func enter() {
            state.withLock {
                $0.inside += 1
                $0.most = max($0.most, $0.inside)
            }
        }
        func leave() { state.withLock { $0.inside -= 1 } }
        var most: Int { state.withLock { $0.most } }
        func reset() { state.withLock { $0 = (0, 0) } }
    }

    @Test(arguments: [1, 2])
    func `the limit holds in every order, and everything is free in the end`(limit: Int) async throws {
        let log = Log()
        let actor = { (row: Int) -> Interleavings.Script in
            { words in
                let table = Self.table(words)
                guard let slot = table.take(Self.replica, limit: limit, owner: Self.owner(row), from: row) else {
                    return
                }
                log.enter()
                log.leave()
                table.release(Self.replica, slot: slot, owner: Self.owner(row))
            }
        }
        let outcome = try await Interleavings.search(
            wordCount: Self.layout.wordCount, limit: 4_000, mayDie: false, prepare: Self.prepare,
            actors: [actor(0), actor(1), actor(2)]
        ) { words, _ in
            #expect(log.most <= limit)
            log.reset()
            #expect(words[SlotLayout.busyWord(Self.replica)] == 0)
            for slot in 0..<limit { #expect(words[SlotLayout.inlineSlotWord(Self.replica, slot)] == 0) }
        }
        #expect(outcome.runs > 100)
    }

    /// A member that holds a slot gives it back while another comes for it: either the newcomer takes it, or it waits
    /// and is the one whose turn it is.
    @Test func `no slot is given back unseen by who waits`() async throws {
        let holder: Interleavings.Script = { words in
            let table = Self.table(words)
            table.release(Self.replica, slot: 0, owner: Self.owner(0))
            if let row = table.nextWaiting(Self.deployment) { _ = table.ring(row: row, nowMs: 1) }
        }
        let newcomer: Interleavings.Script = { words in
            let table = Self.table(words)
            func take() -> Bool { table.take(Self.replica, limit: 1, owner: Self.owner(1), from: 0) != nil }
            if !table.isAnyoneWaiting(Self.deployment), take() { return }
            guard table.startWaiting(Self.deployment, row: 1), take() else { return }
            table.stopWaiting(Self.deployment, row: 1)
        }
        let prepare: Interleavings.Script = { words in
            Self.prepare(words)
            _ = Self.table(words).take(Self.replica, limit: 1, owner: Self.owner(0), from: 0)
        }
        let outcome = try await Interleavings.search(
            wordCount: Self.layout.wordCount, limit: 50_000, mayDie: false, prepare: prepare,
            actors: [holder, newcomer]
        ) { words, _ in
            let hasSlot = words[SlotLayout.inlineSlotWord(Self.replica, 0)] == Self.owner(1)
            let isRung = words[SlotLayout.rungWord(row: 1)] != 0
            #expect(hasSlot || isRung, "the newcomer has the slot, or will come for it")
            #expect(hasSlot || words[SlotLayout.waitingWord(Self.deployment)] == 0b10)
        }
        #expect(outcome.isExhaustive)
        #expect(outcome.runs > 100)
    }

    /// A caller has its response and comes again, while the first in the line moves up to its slot.
    private static func returning(_ row: Int, slots: Int, refusals: Counter) -> Interleavings.Script {
        { words in
            let table = Self.table(words)
            table.release(Self.replica, slot: row, owner: Self.owner(row))
            func take() -> Bool { table.take(Self.replica, limit: slots, owner: Self.owner(row), from: 0) != nil }
            if !table.isAnyoneWaiting(Self.deployment), take() { return }
            _ = table.startWaiting(Self.deployment, row: row)
            let isCounted = table.enqueue(Self.deployment, row: row, limit: 1) { enough in
                table.vacant(Self.replica, limit: slots, enough: enough)
            }
            if !isCounted { refusals.add(1) }
        }
    }

    /// As many requests are there as may be, and never more: whoever comes is let in, in whatever order things happen.
    @Test(arguments: [1, 2])
    func `nobody is refused while a slot has no request`(slots: Int) async throws {
        let refusals = Counter()
        let last = slots
        let movingUp: Interleavings.Script = { words in
            let table = Self.table(words)
            table.dequeue(Self.deployment, row: last)
            guard table.take(Self.replica, limit: slots, owner: Self.owner(last), from: 0) != nil else {
                return table.enter(Self.deployment, row: last)
            }
            table.stopWaiting(Self.deployment, row: last)
        }
        let prepare: Interleavings.Script = { words in
            Self.prepare(words)
            words.store((2 << UInt64(last)) - 1, at: SlotLayout.membersWord)
            let table = Self.table(words)
            for row in 0..<slots { _ = table.take(Self.replica, limit: slots, owner: Self.owner(row), from: row) }
            _ = table.startWaiting(Self.deployment, row: last)
            table.enter(Self.deployment, row: last)
        }
        let outcome = try await Interleavings.search(
            wordCount: Self.layout.wordCount, limit: slots == 1 ? 60_000 : 20_000, mayDie: false, prepare: prepare,
            actors: [movingUp] + (0..<slots).map { Self.returning($0, slots: slots, refusals: refusals) }
        ) { words, _ in
            let table = Self.table(words)
            #expect(table.queued(Self.deployment) + table.inside(Self.replica) == slots + 1)
        }
        #expect(refusals.value == 0)
        #expect(slots > 1 || outcome.isExhaustive)
        #expect(outcome.runs > 100)
    }

    /// The slot is in use all the time, and there is one place in the line.
    @Test func `no more wait than may, whoever comes at the same time`() async throws {
        let newcomer = { (row: Int) -> Interleavings.Script in
            { words in
                let table = Self.table(words)
                _ = table.startWaiting(Self.deployment, row: row)
                _ = table.enqueue(Self.deployment, row: row, limit: 1) { enough in
                    table.vacant(Self.replica, limit: 1, enough: enough)
                }
            }
        }
        let prepare: Interleavings.Script = { words in
            Self.prepare(words)
            _ = Self.table(words).take(Self.replica, limit: 1, owner: Self.owner(2), from: 0)
        }
        let outcome = try await Interleavings.search(
            wordCount: Self.layout.wordCount, limit: 20_000, mayDie: false, prepare: prepare,
            actors: [newcomer(0), newcomer(1)]
        ) { words, _ in
            #expect(Self.table(words).queued(Self.deployment) <= 1)
        }
        #expect(outcome.runs > 100)
    }

    /// Whatever step a member dies at, burying it leaves its slot in quarantine or free, the other's alone, and
    /// nothing else of it; and the limit holds all the time.
    @Test func `a member may die at any step`() async throws {
        let mortal: Interleavings.Script = { words in
            let table = Self.table(words)
            _ = table.startWaiting(Self.deployment, row: 0)
            guard table.enqueue(Self.deployment, row: 0, limit: 5, vacant: { _ in 0 }) else { return }
            table.dequeue(Self.deployment, row: 0)
            let slot = table.take(Self.replica, limit: 1, owner: Self.owner(0), from: 0)
            table.stopWaiting(Self.deployment, row: 0)
            if let slot { table.release(Self.replica, slot: slot, owner: Self.owner(0)) }
        }
        let other: Interleavings.Script = { words in
            let table = Self.table(words)
            _ = table.take(Self.replica, limit: 1, owner: Self.owner(1), from: 0)
        }
        let deaths = Counter()
        let outcome = try await Interleavings.search(
            wordCount: Self.layout.wordCount, limit: 50_000, mayDie: true, prepare: Self.prepare,
            actors: [mortal, other]
        ) { words, hasDied in
            let table = Self.table(words)
            let word = SlotLayout.inlineSlotWord(Self.replica, 0)
            guard hasDied else { return }
            deaths.add(1)
            let before = words[word]
            table.bury(row: 0, nowMs: 10)
            #expect(words[word] == (before == Self.owner(0) ? SlotWord.quarantine(untilMs: 10) : before))
            #expect(words[SlotLayout.waitingWord(Self.deployment)] == 0)
            #expect(table.queued(Self.deployment) == 0)
            #expect(words[SlotLayout.membersWord] == 0b110)
            _ = table.endQuarantine(nowMs: 11) { _ in nil }
            #expect(table.recount(Self.replica) == (before == Self.owner(1) ? 1 : 0))
        }
        #expect(outcome.isExhaustive)
        #expect(deaths.value > 100)
    }

    /// A burial that is broken off at any step and done again, while the living go on taking.
    @Test func `a burial may be broken off and done again`() async throws {
        let prepare: Interleavings.Script = { words in
            Self.prepare(words)
            _ = Self.table(words).take(Self.replica, limit: 2, owner: Self.owner(2), from: 0)
        }
        let undertaker: Interleavings.Script = { words in
            Self.table(words).bury(row: 2, nowMs: 10)
        }
        let living: Interleavings.Script = { words in
            let table = Self.table(words)
            guard let slot = table.take(Self.replica, limit: 2, owner: Self.owner(1), from: 0) else { return }
            table.release(Self.replica, slot: slot, owner: Self.owner(1))
        }
        let outcome = try await Interleavings.search(
            wordCount: Self.layout.wordCount, limit: 4_000, mayDie: true, prepare: prepare,
            actors: [undertaker, living]
        ) { words, hasDied in
            let table = Self.table(words)
            if hasDied { table.bury(row: 2, nowMs: 20) }
            let end = SlotWord.quarantineEndMs(words[SlotLayout.inlineSlotWord(Self.replica, 0)])
            #expect(end == 10 || end == 20)
            #expect(words[SlotLayout.inlineSlotWord(Self.replica, 1)] == 0)
            #expect(table.endQuarantine(nowMs: 30) { _ in nil })
            #expect(table.recount(Self.replica) == 0)
        }
        #expect(outcome.runs > 100)
    }
}
