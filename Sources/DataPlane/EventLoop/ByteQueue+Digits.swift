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
        for index in stride(from: count - 1, through: 0, by: -1) {
            place.storeBytes(of: UInt8(ascii: "0") + UInt8(rest % 10), toByteOffset: index, as: UInt8.self)
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

    /// Appends the sixteen hexadecimal digits of a number.
    mutating func append(sixteenDigits number: UInt64) {
        let place = place(16)
        place.storeBytes(of: Self.digits(number >> 32), as: UInt64.self)
        place.storeBytes(of: Self.digits(number), toByteOffset: 8, as: UInt64.self)
    }

    /// Appends the 36 characters of a GUID.
    mutating func append(guid high: UInt64, _ low: UInt64) {
        let place = place(36)
        let second = Self.digits(high)
        let third = Self.digits(low >> 32)
        let hyphen = UInt8(ascii: "-")
        place.storeBytes(of: Self.digits(high >> 32), as: UInt64.self)
        place.storeBytes(of: hyphen, toByteOffset: 8, as: UInt8.self)
        place.storeBytes(of: UInt32(truncatingIfNeeded: second), toByteOffset: 9, as: UInt32.self)
        place.storeBytes(of: hyphen, toByteOffset: 13, as: UInt8.self)
        place.storeBytes(of: UInt32(truncatingIfNeeded: second >> 32), toByteOffset: 14, as: UInt32.self)
        place.storeBytes(of: hyphen, toByteOffset: 18, as: UInt8.self)
        place.storeBytes(of: UInt32(truncatingIfNeeded: third), toByteOffset: 19, as: UInt32.self)
        place.storeBytes(of: hyphen, toByteOffset: 23, as: UInt8.self)
        place.storeBytes(of: UInt32(truncatingIfNeeded: third >> 32), toByteOffset: 24, as: UInt32.self)
        place.storeBytes(of: Self.digits(low), toByteOffset: 28, as: UInt64.self)
    }

    /// The hexadecimal digits of the lower 32 bits, the first in the lowest byte, all at once in one register.
    @inline(__always)
    private static func digits(_ number: UInt64) -> UInt64 {
        // One nibble per byte, the first digit in the highest byte.
        var nibbles = number & 0xFFFF_FFFF
        nibbles = (nibbles & 0xFFFF_0000) << 16 | nibbles & 0xFFFF
        nibbles = (nibbles & 0x0000_FF00_0000_FF00) << 8 | nibbles & 0x0000_00FF_0000_00FF
        nibbles = (nibbles & 0x00F0_00F0_00F0_00F0) << 4 | nibbles & 0x000F_000F_000F_000F
        // 1 in every byte that holds more than nine: its letter begins 39 places after the digits.
        let letters = (nibbles &+ 0x0606_0606_0606_0606) >> 4 & 0x0101_0101_0101_0101
        return (nibbles &+ 0x3030_3030_3030_3030 &+ letters &* 0x27).byteSwapped
    }
}
