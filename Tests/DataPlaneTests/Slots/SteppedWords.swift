@testable import DataPlane

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
