import Foundation
import Synchronization
import Testing

@testable import DataPlane

/// Runs actors that share words in every order that their steps can take, or as many of them as it is told.
///
/// Every actor has a thread and stops before each step on the words; the search decides who goes on. A run follows a
/// list of choices and then always takes the first; the next run changes the last choice that has an alternative left.
/// An actor may end at any step instead, as if its process were killed there.
final class Interleavings {
    struct Outcome {
        var runs = 0
        var isExhaustive = true
    }

    /// What one actor does. It must end by itself however long the others take.
    typealias Script = @Sendable (SteppedWords) -> Void

    /// - Parameters:
    ///   - mayDie: whether the first actor may end at any of its steps.
    ///   - check: called when all actors have ended, with whether the first one died.
    static func search(
        wordCount: Int, limit: Int, mayDie: Bool, prepare: @escaping @Sendable (SteppedWords) -> Void,
        actors: [Script], check: @escaping @Sendable (SteppedWords, _ hasDied: Bool) -> Void
    ) async throws -> Outcome {
        try await onThread {
            run(wordCount: wordCount, limit: limit, mayDie: mayDie, prepare: prepare, actors: actors, check: check)
        }
    }

    private static func run(
        wordCount: Int, limit: Int, mayDie: Bool, prepare: (SteppedWords) -> Void, actors: [Script],
        check: (SteppedWords, _ hasDied: Bool) -> Void
    ) -> Outcome {
        var outcome = Outcome()
        var prefix: [Int] = []
        while true {
            let words = SteppedWords(count: wordCount)
            prepare(words)
            let run = Run(words: words, actors: actors, mayDie: mayDie, prefix: prefix)
            run.go()
            check(words, run.hasDied)
            outcome.runs += 1
            guard let next = run.nextPrefix else { return outcome }
            guard outcome.runs < limit else {
                outcome.isExhaustive = false
                return outcome
            }
            prefix = next
        }
    }

    /// One run: its choices, each with how many there were.
    private final class Run {
        private let words: SteppedWords
        private let actors: [Script]
        private let mayDie: Bool
        private let prefix: [Int]
        private var choices: [(taken: Int, of: Int)] = []
        private(set) var hasDied = false

        init(words: SteppedWords, actors: [Script], mayDie: Bool, prefix: [Int]) {
            (self.words, self.actors, self.mayDie, self.prefix) = (words, actors, mayDie, prefix)
        }

        func go() {
            let steppers = actors.map { script in Stepper(script, words) }
            for stepper in steppers { stepper.begin() }
            while true {
                let ready = steppers.indices.filter { !steppers[$0].hasEnded }
                guard !ready.isEmpty else { return }
                let canDie = mayDie && !hasDied && ready.first == 0
                let count = ready.count + (canDie ? 1 : 0)
                let choice = choices.count < prefix.count ? prefix[choices.count] : 0
                choices.append((choice, count))
                if choice == ready.count {
                    hasDied = true
                    steppers[0].die()
                } else {
                    steppers[ready[choice]].step()
                }
            }
        }

        var nextPrefix: [Int]? {
            var next = choices
            while let last = next.popLast() {
                if last.taken + 1 < last.of { return next.map(\.taken) + [last.taken + 1] }
            }
            return nil
        }
    }
}

/// A thread that waits before each of its steps until it is told to take it.
private final class Stepper: @unchecked Sendable {
    private let mayStep = DispatchSemaphore(value: 0)
    private let hasStopped = DispatchSemaphore(value: 0)
    private let script: Interleavings.Script
    private let words: SteppedWords
    /// Read and written by whoever of the two is not waiting for the other.
    private(set) var hasEnded = false
    private var isDead = false

    init(_ script: @escaping Interleavings.Script, _ words: SteppedWords) {
        self.script = script
        self.words = words
    }

    /// The actor whose thread this is.
    static var current: Stepper? { Thread.current.threadDictionary["stepper"] as? Stepper }

    /// Runs up to the first step.
    func begin() {
        let thread = Thread { [self] in
            Thread.current.threadDictionary["stepper"] = self
            script(words)
            hasEnded = true
            hasStopped.signal()
        }
        thread.stackSize = 256 * 1024
        thread.start()
        hasStopped.wait()
    }

    func step() {
        mayStep.signal()
        hasStopped.wait()
    }

    /// From now on the steps of this actor have no effect: it has ended as far as anybody can see.
    func die() {
        isDead = true
        while !hasEnded { step() }
    }

    /// Called by the actor's thread before a step; whether the step takes place.
    func pause() -> Bool {
        hasStopped.signal()
        mayStep.wait()
        return !isDead
    }
}

/// Words whose every access is one step of ``Interleavings``; outside its actors they are plain.
final class SteppedWords: SlotMemory, @unchecked Sendable {
    // One actor runs at a time, and the semaphores order them.
    private var words: [UInt64]

    init(count: Int) { words = Array(repeating: 0, count: count) }

    private var isEffective: Bool {
        Stepper.current?.pause() ?? true
    }

    func load(_ index: Int) -> UInt64 { isEffective ? words[index] : 0 }
    func store(_ value: UInt64, at index: Int) { if isEffective { words[index] = value } }

    func exchange(_ index: Int, from expected: UInt64, to desired: UInt64) -> Bool {
        guard isEffective, words[index] == expected else { return false }
        words[index] = desired
        return true
    }

    func add(_ amount: Int, to index: Int) {
        if isEffective { words[index] = words[index] &+ UInt64(bitPattern: Int64(amount)) }
    }

    func set(_ bits: UInt64, at index: Int) -> UInt64 {
        guard isEffective else { return 0 }
        defer { words[index] |= bits }
        return words[index]
    }

    func clear(_ bits: UInt64, at index: Int) -> UInt64 {
        guard isEffective else { return 0 }
        defer { words[index] &= ~bits }
        return words[index]
    }

    /// A look that is no step.
    subscript(index: Int) -> UInt64 { words[index] }
}

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
