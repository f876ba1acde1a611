/// The digest of a set of lines: the sum of their SHA-256 digests modulo 2^256.
///
/// Whoever holds a set follows its changes by adding and taking away the digests of single lines, so both sides of a
/// difference can tell in constant time whether they hold the same whole.
package struct LineSetDigest: Sendable, Hashable {
    /// Least significant first.
    private var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)

    /// Of the empty set.
    package init() {}

    /// - Parameter digest: 32 bytes, the most significant first.
    package mutating func add(_ digest: some Sequence<UInt8>) {
        let other = Self.words(digest)
        var carry = false
        words.0 = Self.sum(words.0, other.0, &carry)
        words.1 = Self.sum(words.1, other.1, &carry)
        words.2 = Self.sum(words.2, other.2, &carry)
        words.3 = Self.sum(words.3, other.3, &carry)
    }

    /// - Parameter digest: 32 bytes, the most significant first.
    package mutating func remove(_ digest: some Sequence<UInt8>) {
        let other = Self.words(digest)
        // Two's complement: adding the inverse and one.
        var carry = true
        words.0 = Self.sum(words.0, ~other.0, &carry)
        words.1 = Self.sum(words.1, ~other.1, &carry)
        words.2 = Self.sum(words.2, ~other.2, &carry)
        words.3 = Self.sum(words.3, ~other.3, &carry)
    }

    /// 64 hexadecimal digits.
    package var hexadecimal: String {
        [words.3, words.2, words.1, words.0].map { word in
            let digits = String(word, radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
    }

    package static func == (left: LineSetDigest, right: LineSetDigest) -> Bool { left.words == right.words }

    package func hash(into hasher: inout Hasher) { hasher.combine(words.0) }

    private static func sum(_ one: UInt64, _ other: UInt64, _ carry: inout Bool) -> UInt64 {
        let (first, overflow) = one.addingReportingOverflow(other)
        let (second, more) = first.addingReportingOverflow(carry ? 1 : 0)
        carry = overflow || more
        return second
    }

    private static func words(_ digest: some Sequence<UInt8>) -> (UInt64, UInt64, UInt64, UInt64) {
        var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
        // Each byte moves those before it up.
        for byte in digest {
            words.3 = words.3 << 8 | words.2 >> 56
            words.2 = words.2 << 8 | words.1 >> 56
            words.1 = words.1 << 8 | words.0 >> 56
            words.0 = words.0 << 8 | UInt64(byte)
        }
        return words
    }
}
