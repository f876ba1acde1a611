import Routing
import Testing

@Suite struct LineSetDigestTests {
    private func random() -> [UInt8] { (0..<32).map { _ in UInt8.random(in: 0...255) } }

    @Test func `what was added and taken away again leaves no trace`() {
        let digests =
            (0..<50).map { _ in random() } + [Array(repeating: 0xFF, count: 32), Array(repeating: 0, count: 32)]
        var one = LineSetDigest()
        for digest in digests { one.add(digest) }
        var other = LineSetDigest()
        let stranger = random()
        other.add(stranger)
        for digest in digests.shuffled() { other.add(digest) }
        #expect(one != other)
        other.remove(stranger)
        #expect(one == other && one.hexadecimal == other.hexadecimal)
        for digest in digests.shuffled() { one.remove(digest) }
        #expect(one == LineSetDigest())
    }

    @Test func `carries reach the most significant digit, and fall off it`() {
        var digest = LineSetDigest()
        digest.add(Array(repeating: 0xFF, count: 32))
        #expect(digest.hexadecimal == String(repeating: "f", count: 64))
        digest.add(Array(repeating: 0, count: 31) + [1])
        #expect(digest == LineSetDigest())
        digest.remove(Array(repeating: 0, count: 31) + [2])
        #expect(digest.hexadecimal == String(repeating: "f", count: 63) + "e")
    }
}
