/// Sixteen bytes of a message at once, compared in one register.
enum ByteBlock {
    static var size: Int { 16 }

    /// Sixteen truths.
    typealias Mask = SIMDMask<SIMD16<Int8>>

    /// The bytes at `base`, which must be there.
    @inline(__always)
    static func load(_ base: UnsafePointer<UInt8>) -> SIMD16<UInt8> {
        UnsafeRawPointer(base).loadUnaligned(as: SIMD16<UInt8>.self)
    }

    /// What is neither a letter nor a hyphen; nearly every header name has nothing else.
    @inline(__always)
    static func isNoNameByte(_ block: SIMD16<UInt8>) -> Mask {
        // What is below the letters wraps around to far above them.
        (((block | each(0x20)) &- each(0x61)) .> each(25)) .& (block .!= each(0x2D))
    }

    /// What is no ``ByteClass/isText(_:)``, and tabs as well.
    @inline(__always)
    static func isNoText(_ block: SIMD16<UInt8>) -> Mask {
        (block .< each(0x20)) .| (block .== each(0x7F))
    }

    /// What is no ``ByteClass/isVisible(_:)``.
    @inline(__always)
    static func isNotVisible(_ block: SIMD16<UInt8>) -> Mask {
        (block &- each(0x21)) .> each(0x7E - 0x21)
    }

    // Operators between a block and a single byte go byte by byte; between two blocks they are one instruction.
    @inline(__always)
    private static func each(_ byte: UInt8) -> SIMD16<UInt8> { SIMD16(repeating: byte) }

    /// Index of the first truth, ``size`` if there is none.
    @inline(__always)
    static func first(_ mask: Mask) -> Int {
        // A truth is a byte of ones.
        let words = unsafeBitCast(mask, to: SIMD2<UInt64>.self)
        let low = UInt64(littleEndian: words[0])
        if low != 0 { return low.trailingZeroBitCount / 8 }
        // 64 places for no bit at all, which comes to 16.
        return 8 + UInt64(littleEndian: words[1]).trailingZeroBitCount / 8
    }
}
