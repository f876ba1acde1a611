/// A run of bytes inside a message.
package struct ByteRun: Sendable, Equatable {
    package var start: Int
    package var count: Int

    package init(start: Int, count: Int) {
        (self.start, self.count) = (start, count)
    }

    package static let none = ByteRun(start: 0, count: 0)

    package var end: Int { start + count }
}

/// Bytes somewhere in memory, for as long as whoever hands them out says; every access is checked, in every build.
package struct Bytes: RandomAccessCollection {
    private let base: UnsafePointer<UInt8>?
    package let count: Int

    @inline(__always)
    init(start: UnsafePointer<UInt8>?, count: Int) {
        precondition(count >= 0 && (start != nil || count == 0))
        base = start
        self.count = count
    }

    @inline(__always)
    init(_ text: StaticString) { self.init(start: text.utf8Start, count: text.utf8CodeUnitCount) }

    /// For calls of the system, and for reading several bytes at once.
    @inline(__always) var baseAddress: UnsafePointer<UInt8>? { base }

    @inline(__always) package var startIndex: Int { 0 }
    @inline(__always) package var endIndex: Int { count }

    @inline(__always)
    package subscript(index: Int) -> UInt8 {
        precondition(UInt(bitPattern: index) < UInt(bitPattern: count))
        // There are bytes, so there is a place where they begin.
        return base.unsafelyUnwrapped[index]
    }

    package func withContiguousStorageIfAvailable<Result>(
        _ body: (UnsafeBufferPointer<UInt8>) throws -> Result
    ) rethrows -> Result? {
        try body(UnsafeBufferPointer(start: base, count: count))
    }
}

extension [UInt8] {
    /// Calls `body` with the elements, which are its for the duration of the call.
    @inline(__always)
    package func withBytes<Result>(_ body: (Bytes) throws -> Result) rethrows -> Result {
        try withUnsafeBufferPointer { try body(Bytes(start: $0.baseAddress, count: $0.count)) }
    }

    /// All at once; as a collection they would be copied one by one.
    @inline(__always)
    mutating func append(copying bytes: Bytes) {
        append(contentsOf: UnsafeBufferPointer(start: bytes.baseAddress, count: bytes.count))
    }
}

extension ArraySlice<UInt8> {
    /// Calls `body` with the elements, which are its for the duration of the call.
    package func withBytes<Result>(_ body: (Bytes) throws -> Result) rethrows -> Result {
        try withUnsafeBufferPointer { try body(Bytes(start: $0.baseAddress, count: $0.count)) }
    }
}

extension Span<UInt8> {
    /// Calls `body` with the elements, which are its for the duration of the call.
    @inline(__always)
    func withBytes<Result>(_ body: (Bytes) -> Result) -> Result {
        withUnsafeBufferPointer { body(Bytes(start: $0.baseAddress, count: $0.count)) }
    }
}

/// Tests of single bytes, RFC 9110 section 5.6.2.
enum ByteClass {
    /// A `tchar`: what methods and header names are made of.
    @inline(__always)
    static func isToken(_ byte: UInt8) -> Bool {
        // Bit n of the first word is character n, of the second word character 64 + n.
        if byte < 64 { return (0x03FF_6CFA_0000_0000 as UInt64) >> UInt64(byte) & 1 == 1 }
        if byte < 128 { return (0x57FF_FFFF_C7FF_FFFE as UInt64) >> UInt64(byte - 64) & 1 == 1 }
        return false
    }

    /// Visible, blank, tab or above ASCII: what header values and reason phrases are made of.
    @inline(__always)
    static func isText(_ byte: UInt8) -> Bool { byte >= 0x20 ? byte != 0x7F : byte == 0x09 }

    /// Visible ASCII: what request targets are made of.
    @inline(__always)
    static func isVisible(_ byte: UInt8) -> Bool { byte > 0x20 && byte < 0x7F }

    @inline(__always)
    static func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 }

    /// Value of a hexadecimal digit.
    @inline(__always)
    static func hexadecimal(_ byte: UInt8) -> UInt8? {
        if byte &- 0x30 < 10 { return byte &- 0x30 }
        let letter = byte | 0x20
        return letter >= 0x61 && letter <= 0x66 ? letter - 0x61 + 10 : nil
    }

    @inline(__always)
    static func lowercased(_ byte: UInt8) -> UInt8 {
        byte &- 0x41 < 26 ? byte | 0x20 : byte
    }
}

extension Bytes {
    /// The bytes of a run, which must lie inside.
    @inline(__always)
    func run(_ run: ByteRun) -> Bytes {
        // What is below zero is far above the count as a number without a sign.
        precondition(UInt(bitPattern: run.start) <= UInt(bitPattern: count))
        precondition(UInt(bitPattern: run.count) <= UInt(bitPattern: count &- run.start))
        return Bytes(start: baseAddress.map { $0 + run.start }, count: run.count)
    }

    /// The byte at `index`, which is checked in every build.
    @inline(__always)
    func at(_ index: Int) -> UInt8 {
        precondition(UInt(bitPattern: index) < UInt(bitPattern: count))
        return self[index]
    }

    /// Whether a carriage return and a line feed stand at `index`.
    @inline(__always)
    func isLineEnd(at index: Int) -> Bool {
        guard count >= 2, UInt(bitPattern: index) <= UInt(bitPattern: count &- 2), let base = baseAddress else {
            return false
        }
        return UInt16(littleEndian: UnsafeRawPointer(base + index).loadUnaligned(as: UInt16.self)) == 0x0A0D
    }

    /// Offset of the first byte from `start` on that is no text, `count` if there is none.
    @inline(__always)
    func endOfText(from start: Int) -> Int {
        end(from: start, stops: ByteBlock.isNoText, goesOn: { $0 == 0x09 }, belongs: ByteClass.isText)
    }

    /// Offset of the first byte from `start` on that stands in no token, `count` if there is none.
    @inline(__always)
    func endOfToken(from start: Int) -> Int {
        end(
            from: start, stops: ByteBlock.isNoNameByte, goesOn: { $0 != UInt8(ascii: ":") && ByteClass.isToken($0) },
            belongs: ByteClass.isToken)
    }

    /// Offset of the first byte from `start` on that is not visible, `count` if there is none.
    @inline(__always)
    func endOfVisible(from start: Int) -> Int {
        end(from: start, stops: ByteBlock.isNotVisible, goesOn: { _ in false }, belongs: ByteClass.isVisible)
    }

    /// Offset of the first byte from `start` on that does not belong, `count` if there is none; sixteen at a time.
    ///
    /// - Parameter stops: says yes to every byte that does not belong, and to some that do.
    /// - Parameter goesOn: whether one of those belongs after all.
    /// - Parameter belongs: whether any byte does.
    @inline(__always)
    private func end(
        from start: Int, stops: (SIMD16<UInt8>) -> ByteBlock.Mask, goesOn: (UInt8) -> Bool, belongs: (UInt8) -> Bool
    ) -> Int {
        precondition(UInt(bitPattern: start) <= UInt(bitPattern: count))
        guard let base = baseAddress else { return start }
        var index = start
        // The index never passes the count, so these sums do not overflow.
        while count &- index >= ByteBlock.size {
            let found = ByteBlock.first(stops(ByteBlock.load(base + index)))
            index &+= found
            if found == ByteBlock.size { continue }
            guard goesOn(base[index]) else { return index }
            index &+= 1
        }
        while index < count, belongs(base[index]) { index &+= 1 }
        return index
    }

    /// Whether the bytes are `text`, which is in lower case, without regard to ASCII case.
    @inline(__always)
    func matches(_ text: StaticString) -> Bool {
        matches(Bytes(text))
    }

    /// Whether the bytes are `text`, which is in lower case, without regard to ASCII case; eight bytes at a time.
    @inline(__always)
    func matches(_ text: Bytes) -> Bool {
        guard text.count == count, let base = baseAddress, let other = text.baseAddress, count > 0 else {
            return text.count == count
        }
        // Most texts that are no match differ here.
        guard base[0] | 0x20 == other[0] | 0x20 else { return false }
        guard count >= ByteWord.size else {
            // Four to seven bytes: the first four beside the last four.
            if count >= 4 {
                let end = count - 4
                return ByteWord.lowercased(ByteWord.load(base, base + end)) == ByteWord.load(other, other + end)
            }
            for index in 0..<count where ByteClass.lowercased(base[index]) != other[index] { return false }
            return true
        }
        var index = 0
        while count &- index >= ByteWord.size {
            guard ByteWord.lowercased(ByteWord.load(base + index)) == ByteWord.load(other + index) else { return false }
            index &+= ByteWord.size
        }
        // The rest together with bytes before it, which have matched already.
        let last = count - ByteWord.size
        return ByteWord.lowercased(ByteWord.load(base + last)) == ByteWord.load(other + last)
    }

    /// Whether the bytes are exactly `text`.
    @inline(__always)
    func equals(_ text: StaticString) -> Bool {
        guard text.utf8CodeUnitCount == count else { return false }
        let other = text.utf8Start
        for index in 0..<count where self[index] != other[index] { return false }
        return true
    }

    /// Whether the bytes are the same, in a time that depends on their number alone; eight at a time.
    func isEqualInConstantTime(to other: Bytes) -> Bool {
        guard other.count == count, let base = baseAddress, let against = other.baseAddress else { return false }
        var difference: UInt64 = 0
        var index = 0
        while count &- index >= ByteWord.size {
            difference |= ByteWord.load(base + index) ^ ByteWord.load(against + index)
            index &+= ByteWord.size
        }
        while index < count {
            difference |= UInt64(base[index] ^ against[index])
            index &+= 1
        }
        return difference == 0
    }

    /// Offset of the first `byte` at or after `start`.
    @inline(__always)
    func offset(of byte: UInt8, from start: Int) -> Int? {
        var index = start
        while index < count {
            if self[index] == byte { return index }
            index += 1
        }
        return nil
    }

    /// The number that the bytes spell in decimal digits; `nil` if they are anything else or more than 18 digits.
    func decimalNumber() -> UInt64? {
        guard count > 0, count <= 18 else { return nil }
        var number: UInt64 = 0
        for byte in self {
            guard ByteClass.isDigit(byte) else { return nil }
            // 18 digits stay below 2^64.
            number = number &* 10 &+ UInt64(byte &- 0x30)
        }
        return number
    }
}
