/// Eight bytes of a message at once.
enum ByteWord {
    static var size: Int { 8 }

    /// The bytes at `base`, which must be there, the first in the lowest place.
    @inline(__always)
    static func load(_ base: UnsafePointer<UInt8>) -> UInt64 {
        UInt64(littleEndian: UnsafeRawPointer(base).loadUnaligned(as: UInt64.self))
    }

    /// The four bytes at `base` and four more at `next`, all of which must be there.
    @inline(__always)
    static func load(_ base: UnsafePointer<UInt8>, _ next: UnsafePointer<UInt8>) -> UInt64 {
        let low = UInt32(littleEndian: UnsafeRawPointer(base).loadUnaligned(as: UInt32.self))
        let high = UInt32(littleEndian: UnsafeRawPointer(next).loadUnaligned(as: UInt32.self))
        return UInt64(low) | UInt64(high) << 32
    }

    /// The bytes from `index` on in lower case, with zeros for those that `bytes` does not have.
    @inline(__always)
    static func folded(_ bytes: Bytes, at index: Int) -> UInt64 {
        let rest = bytes.run(ByteRun(start: index, count: bytes.count - index))
        if let base = rest.baseAddress, rest.count >= size { return lowercased(load(base)) }
        var word: UInt64 = 0
        for byte in rest { word = word << 8 | UInt64(ByteClass.lowercased(byte)) }
        return word
    }

    /// Every byte as ``ByteClass/lowercased(_:)`` has it.
    @inline(__always)
    static func lowercased(_ word: UInt64) -> UInt64 {
        let highest: UInt64 = 0x8080_8080_8080_8080
        // Sums without the highest bits do not carry from one byte into the next. A byte's highest bit says afterwards
        // that it is from A on, and not beyond Z.
        let low = word & ~highest
        let capitals = (low &+ 0x3F3F_3F3F_3F3F_3F3F) & ~(low &+ 0x2525_2525_2525_2525) & ~word & highest
        return word | capitals >> 2
    }
}
