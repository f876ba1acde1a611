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
        return folded.withUnsafeBufferPointer { bytes in
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

    package func find(_ name: UnsafeBufferPointer<UInt8>) -> Int? {
        var slot = hash(name) & (slots.count - 1)
        while slots[slot] >= 0 {
            let entry = Int(slots[slot])
            if matches(name, entry) { return Int(values[entry]) }
            slot = (slot + 1) & (slots.count - 1)
        }
        return nil
    }

    private func matches(_ name: UnsafeBufferPointer<UInt8>, _ entry: Int) -> Bool {
        names[entry].withUnsafeBufferPointer { known in
            guard known.count == name.count else { return false }
            for index in 0..<known.count where known[index] != ByteClass.lowercased(name[index]) { return false }
            return true
        }
    }

    /// FNV-1a over the folded bytes.
    private func hash(_ name: UnsafeBufferPointer<UInt8>) -> Int {
        var value = 0xCBF2_9CE4_8422_2325 ^ seed
        for byte in name { value = (value ^ UInt64(ByteClass.lowercased(byte))) &* 0x100_0000_01B3 }
        return Int(truncatingIfNeeded: (value ^ value >> 32) & 0x7FFF_FFFF)
    }
}
