/// Numbers as text.
extension ByteQueue {
    /// Appends a number in decimal digits.
    mutating func append(decimal number: UInt64) {
        var count = 1
        var bound: UInt64 = 10
        while number >= bound, count < 20 {
            count += 1
            // Goes round with the twentieth digit, after which it is not asked any more.
            bound &*= 10
        }
        let place = place(count)
        var rest = number
        while count > 0 {
            count &-= 1
            let digit = UInt8(truncatingIfNeeded: rest % 10)
            place.storeBytes(of: UInt8(ascii: "0") | digit, toByteOffset: count, as: UInt8.self)
            rest /= 10
        }
    }

    /// Appends a number in hexadecimal digits, as few as it takes.
    mutating func append(hexadecimal number: UInt64) {
        let count = max(1, (UInt64.bitWidth - number.leadingZeroBitCount + 3) / 4)
        for index in stride(from: count - 1, through: 0, by: -1) {
            let digit = UInt8(truncatingIfNeeded: number >> UInt64(4 * index)) & 0x0F
            append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
        }
    }

    /// Appends sixteen hexadecimal digits.
    @inline(__always)
    mutating func append(_ first: HexDigits, _ second: HexDigits) {
        let place = place(16)
        place.storeBytes(of: first.word, as: UInt64.self)
        place.storeBytes(of: second.word, toByteOffset: 8, as: UInt64.self)
    }

    /// Appends the 36 characters of a GUID.
    mutating func append(guid first: HexDigits, _ second: HexDigits, _ third: HexDigits, _ fourth: HexDigits) {
        let place = place(36)
        let hyphen = UInt8(ascii: "-")
        place.storeBytes(of: first.word, as: UInt64.self)
        place.storeBytes(of: hyphen, toByteOffset: 8, as: UInt8.self)
        place.storeBytes(of: second.leading, toByteOffset: 9, as: UInt32.self)
        place.storeBytes(of: hyphen, toByteOffset: 13, as: UInt8.self)
        place.storeBytes(of: second.trailing, toByteOffset: 14, as: UInt32.self)
        place.storeBytes(of: hyphen, toByteOffset: 18, as: UInt8.self)
        place.storeBytes(of: third.leading, toByteOffset: 19, as: UInt32.self)
        place.storeBytes(of: hyphen, toByteOffset: 23, as: UInt8.self)
        place.storeBytes(of: third.trailing, toByteOffset: 24, as: UInt32.self)
        place.storeBytes(of: fourth.word, toByteOffset: 28, as: UInt64.self)
    }
}

/// The eight hexadecimal digits of a number as text, the first in the lowest byte.
struct HexDigits: Equatable {
    let word: UInt64

    /// Makes them all at once in one register.
    init(_ number: UInt32) {
        // One nibble per byte, the first digit in the highest byte.
        var nibbles = UInt64(number)
        nibbles = (nibbles & 0xFFFF_0000) << 16 | nibbles & 0xFFFF
        nibbles = (nibbles & 0x0000_FF00_0000_FF00) << 8 | nibbles & 0x0000_00FF_0000_00FF
        nibbles = (nibbles & 0x00F0_00F0_00F0_00F0) << 4 | nibbles & 0x000F_000F_000F_000F
        // 1 in every byte that holds more than nine: its letter begins 39 places after the digits.
        let letters = (nibbles &+ 0x0606_0606_0606_0606) >> 4 & 0x0101_0101_0101_0101
        word = (nibbles &+ 0x3030_3030_3030_3030 &+ letters &* 0x27).byteSwapped
    }

    /// The first and the last four of them.
    var leading: UInt32 { UInt32(truncatingIfNeeded: word) }
    var trailing: UInt32 { UInt32(truncatingIfNeeded: word >> 32) }
}
