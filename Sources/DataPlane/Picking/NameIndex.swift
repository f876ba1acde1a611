/// Finds an entry by a name's bytes without regard to ASCII case, without making a string.
package struct NameIndex: Sendable {
    /// Slots of an open hash table, twice as many as names at least; -1 is free.
    private var slots: [Int32]
    private var names: [[UInt8]] = []
    private var values: [Int32] = []
    private let seed: UInt64

    /// - Parameter seed: anything; spreads names differently per table.
    package init(capacity: Int, seed: UInt64) {
        var size = 16
        while size < capacity * 2 { size *= 2 }
        slots = Array(repeating: -1, count: size)
        names.reserveCapacity(capacity)
        values.reserveCapacity(capacity)
        self.seed = seed
    }

    /// Adds a name; false if it is there already, or the index is full.
    package mutating func insert(_ name: String, value: Int) -> Bool {
        let folded = name.utf8.map { ByteClass.lowercased($0) }
        guard names.count * 2 < slots.count else { return false }
        return folded.withBytes { bytes in
            var slot = hash(bytes) & (slots.count - 1)
            while slots[slot] >= 0 {
                if matches(bytes, Int(slots[slot])) { return false }
                slot = (slot + 1) & (slots.count - 1)
            }
            slots[slot] = Int32(names.count)
            names.append(folded)
            values.append(Int32(value))
            return true
        }
    }

    package func find(_ name: Bytes) -> Int? {
        var slot = hash(name) & (slots.count - 1)
        while slots[slot] >= 0 {
            let entry = Int(slots[slot])
            if matches(name, entry) { return Int(values[entry]) }
            slot = (slot + 1) & (slots.count - 1)
        }
        return nil
    }

    private func matches(_ name: Bytes, _ entry: Int) -> Bool {
        names[entry].withBytes { name.matches($0) }
    }

    /// Of the folded bytes, eight at a time, the last eight together with bytes before them.
    private func hash(_ name: Bytes) -> Int {
        var value = seed ^ UInt64(name.count)
        var index = 0
        while name.count - index > ByteWord.size {
            value = Self.mix(value, ByteWord.folded(name, at: index))
            index += ByteWord.size
        }
        value = Self.mix(value, ByteWord.folded(name, at: max(0, name.count - ByteWord.size)))
        return Int(truncatingIfNeeded: value & 0x7FFF_FFFF)
    }

    private static func mix(_ value: UInt64, _ word: UInt64) -> UInt64 {
        let product = (value ^ word).multipliedFullWidth(by: 0x9E37_79B9_7F4A_7C15)
        return product.high ^ product.low
    }
}
