import Testing

@testable import DataPlane

/// What is done to several bytes at once comes to the same as byte by byte.
@Suite(.ownThread) struct BytesTests {
    private static func ends(_ bytes: Bytes, from start: Int) -> [Int] {
        [bytes.endOfToken(from: start), bytes.endOfText(from: start), bytes.endOfVisible(from: start)]
    }

    private static func endsByteByByte(_ bytes: Bytes, from start: Int) -> [Int] {
        [ByteClass.isToken, ByteClass.isText, ByteClass.isVisible].map { belongs in
            (start..<bytes.count).first { !belongs(bytes[$0]) } ?? bytes.count
        }
    }

    @Test func `every byte at every place of a block ends what it must end`() {
        for byte in 0...255 as ClosedRange<UInt8> {
            for place in 0..<35 {
                var message = Array(repeating: UInt8(ascii: "a"), count: 35)
                message[place] = byte
                message.withBytes { bytes in
                    #expect(Self.ends(bytes, from: 0) == Self.endsByteByByte(bytes, from: 0), "\(byte) at \(place)")
                }
            }
        }
    }

    @Test func `a mixture of bytes ends where it must`() {
        var random = RandomSource(seed: 5)
        let alphabet = Array("aZ9-_.!:/ \t\r\n".utf8) + [0, 0x7F, 0x80, 0xFF]
        for _ in 0..<3_000 {
            let count = Int.random(in: 0...50, using: &random)
            let message = (0..<count).map { _ in
                Int.random(in: 0..<8, using: &random) > 0
                    ? UInt8(ascii: "k") : alphabet.randomElement(using: &random) ?? 0
            }
            let start = Int.random(in: 0...count, using: &random)
            message.withBytes { bytes in
                #expect(Self.ends(bytes, from: start) == Self.endsByteByByte(bytes, from: start), "\(message)")
            }
        }
    }

    @Test func `a text matches in any case, and no other text does`() {
        var random = RandomSource(seed: 6)
        let letters = Array("abcxyz-:/0123[{@`".utf8)
        for count in 0...40 {
            for _ in 0..<50 {
                let known = (0..<count).map { _ in letters.randomElement(using: &random) ?? 0 }
                var seen = known.map { byte in
                    let isLetter = byte &- 0x61 < 26
                    return isLetter && Bool.random(using: &random) ? byte & ~0x20 : byte
                }
                if count > 0, Bool.random(using: &random) {
                    seen[Int.random(in: 0..<count, using: &random)] ^= 1 << UInt8.random(in: 0..<8, using: &random)
                }
                let isSame = seen.map { ByteClass.lowercased($0) } == known
                let isMatch = seen.withBytes { seen in known.withBytes { seen.matches($0) }
                }
                #expect(isMatch == isSame, "\(seen) and \(known)")
            }
        }
    }

    @Test func `keys are the same only if every bit is`() {
        for count in 1...40 {
            let key = (0..<count).map { UInt8($0) }
            for place in 0..<count {
                var other = key
                other[place] ^= 0x80
                for (candidate, isSame) in [(key, true), (other, false), (Array(key.dropLast()), false)] {
                    let isEqual = key.withBytes { key in
                        candidate.withBytes { key.isEqualInConstantTime(to: $0) }
                    }
                    #expect(isEqual == isSame)
                }
            }
        }
    }
}
