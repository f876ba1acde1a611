import Testing

@testable import DataPlane

@Suite struct KeyRingTests {
    static let digest = "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b"  // of "secret"

    @Test func `a key is admitted by its digest and no other is`() throws {
        let ring = try #require(KeyRing(hexadecimalDigests: [String(repeating: "0", count: 64), Self.digest]))
        #expect(withBytes("secret") { ring.admits($0) })
        #expect(!withBytes("Secret") { ring.admits($0) })
        #expect(!withBytes("") { ring.admits($0) })
    }

    @Test(arguments: ["", "00", String(repeating: "g", count: 64), String(repeating: "0", count: 63)])
    func `anything but 64 digits is no digest`(text: String) {
        #expect(KeyRing(hexadecimalDigests: [text]) == nil)
    }

    @Test func `a remembered key counts for the ring that admitted it alone`() throws {
        let ring = try #require(KeyRing(hexadecimalDigests: [Self.digest]))
        let other = try #require(KeyRing(hexadecimalDigests: [Self.digest]))
        var remembered = RememberedKey()
        withBytes("secret") { remembered.remember($0, for: ring) }
        #expect(withBytes("secret") { remembered.holds($0, for: ring) })
        #expect(!withBytes("secret") { remembered.holds($0, for: other) })
        #expect(!withBytes("secres") { remembered.holds($0, for: ring) })
        #expect(!withBytes("secre") { remembered.holds($0, for: ring) })
        remembered.forget()
        #expect(!withBytes("secret") { remembered.holds($0, for: ring) })
    }

    @Test(arguments: [
        ("Bearer abc", "abc"), ("bearer  abc", "abc"), ("BEARER abc", "abc"), ("Basic abc", nil), ("Bearer ", nil),
        ("Bearer", nil), ("", nil),
    ])
    func `the credential follows the word Bearer`(value: String, credential: String?) {
        #expect(withBytes(value) { Bearer.credential(in: $0).map(text) } == credential)
    }
}

@Suite struct WaitingLinesTests {
    @Test func `members leave in the order they came`() {
        var lines = WaitingLines<String>()
        for member in [5, 2, 9] as [Int32] { lines.append(member, to: "a") }
        var order: [Int32] = []
        while let first = lines.first(in: "a") {
            order.append(first)
            lines.remove(first, from: "a")
        }
        #expect(order == [5, 2, 9])
        #expect(lines.isEmpty)
    }

    @Test(arguments: [(5, [2, 9]), (2, [5, 9]), (9, [5, 2])] as [(Int32, [Int32])])
    func `a member may leave from any place`(leaver: Int32, rest: [Int32]) {
        var lines = WaitingLines<String>()
        for member in [5, 2, 9] as [Int32] { lines.append(member, to: "a") }
        lines.append(1, to: "b")
        lines.remove(leaver, from: "a")
        #expect(lines.count(in: "a") == 2)
        #expect(lines.count(in: "b") == 1)
        var order: [Int32] = []
        while let first = lines.first(in: "a") {
            order.append(first)
            lines.remove(first, from: "a")
        }
        #expect(order == rest)
    }
}
