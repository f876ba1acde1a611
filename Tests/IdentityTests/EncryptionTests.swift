import Foundation
import Identity
import Testing

@Suite struct SecretBoxTests {
    static let box = try! SecretBox(key: Data(0..<32))

    @Test(arguments: [Data(), Data([0]), Data("secret".utf8), Data(repeating: 0xAB, count: 100_000)])
    func `what was sealed opens again`(plain: Data) throws {
        let sealed = try Self.box.seal(plain, context: "endpoint/1")
        #expect(sealed.count == plain.count + 28)
        #expect(try Self.box.open(sealed, context: "endpoint/1") == plain)
    }

    @Test func `the same secret is sealed differently each time`() throws {
        let plain = Data("secret".utf8)
        #expect(try Self.box.seal(plain, context: "c") != Self.box.seal(plain, context: "c"))
    }

    @Test(arguments: ["", "endpoint/2", "endpoint/1 ", "ENDPOINT/1"])
    func `a sealed value does not open in another context`(context: String) throws {
        let sealed = try Self.box.seal(Data("secret".utf8), context: "endpoint/1")
        expectCorrupt { try Self.box.open(sealed, context: context) }
    }

    @Test func `a value altered at any byte does not open`() throws {
        let sealed = try Self.box.seal(Data("secret".utf8), context: "c")
        for index in sealed.indices {
            var altered = sealed
            altered[index] ^= 1
            expectCorrupt { try Self.box.open(altered, context: "c") }
        }
    }

    @Test func `a value cut or lengthened does not open`() throws {
        let sealed = try Self.box.seal(Data("secret".utf8), context: "c")
        for length in 0..<sealed.count { expectCorrupt { try Self.box.open(sealed.prefix(length), context: "c") } }
        expectCorrupt { try Self.box.open(sealed + [0], context: "c") }
    }

    @Test func `another key does not open it`() throws {
        let sealed = try Self.box.seal(Data("secret".utf8), context: "c")
        let other = try SecretBox(key: Data(repeating: 1, count: 32))
        expectCorrupt { try other.open(sealed, context: "c") }
    }

    @Test func `a slice opens like a whole`() throws {
        let sealed = try Self.box.seal(Data("secret".utf8), context: "c")
        #expect(try Self.box.open((Data([9, 9]) + sealed).dropFirst(2), context: "c") == Data("secret".utf8))
    }

    @Test(arguments: [0, 16, 31, 33, 64])
    func `a key of another length is refused`(count: Int) {
        let error = #expect(throws: IdentityError.self) { try SecretBox(key: Data(count: count)) }
        #expect(error?.code == .malformedMasterKey)
    }

    private func expectCorrupt(sourceLocation: SourceLocation = #_sourceLocation, _ body: () throws -> Data) {
        let error = #expect(throws: IdentityError.self, sourceLocation: sourceLocation) { try body() }
        #expect(error?.code == .sealedDataCorrupt, sourceLocation: sourceLocation)
    }
}

@Suite struct SecretHashTests {
    @Test(arguments: ["", "secret", "ünï\"$ 👋", "with\0zero", String(repeating: "x", count: 10_000)])
    func `a secret matches its own hash only`(secret: String) throws {
        let hash = try SecretHash(hashing: secret)
        #expect(hash.matches(secret))
        #expect(!hash.matches(secret + "x"))
        #expect(SecretHash(stored: hash.stored).matches(secret))
        #expect(hash.stored.hasPrefix("pbkdf2-sha256$10000$"))
        #expect(secret.isEmpty || !hash.stored.contains(secret))
    }

    @Test func `equal secrets have different salts`() throws {
        #expect(try SecretHash(hashing: "secret") != SecretHash(hashing: "secret"))
    }

    /// Vectors of PBKDF2-HMAC-SHA256, computed with Python's `hashlib.pbkdf2_hmac`.
    @Test(arguments: [
        (1, "EgDPsGxZHFr6l3KkVIJ+jQ==", "a4EVBREsX0KxmL1rLYhrd2BMsmY+ZwGrry7+jKvliuc="),
        (4_096, "EgDPsGxZHFr6l3KkVIJ+jQ==", "dXflZapQIQj8OEi28meYWgPftBTnC66SolBFCyu12D8="),
    ])
    func `a hash made elsewhere matches`(iterations: Int, salt: String, hash: String) {
        let stored = SecretHash(stored: "pbkdf2-sha256$\(iterations)$\(salt)$\(hash)")
        #expect(stored.matches("password"))
        #expect(!stored.matches("Password"))
    }

    @Test(arguments: [
        "", "$", "$$$", "secret", "pbkdf2-sha256$1$AAAA", "pbkdf2-sha1$1$AAAA$AAAA", "pbkdf2-sha256$x$AAAA$AAAA",
        "pbkdf2-sha256$0$AAAA$AAAA", "pbkdf2-sha256$-1$AAAA$AAAA", "pbkdf2-sha256$1$*$AAAA", "pbkdf2-sha256$1$AAAA$",
        "pbkdf2-sha256$1$AAAA$AAAA", "pbkdf2-sha256$1$AAAA$AAAA$AAAA",
    ])
    func `a malformed stored hash matches nothing`(stored: String) {
        #expect(!SecretHash(stored: stored).matches(""))
        #expect(!SecretHash(stored: stored).matches("secret"))
    }

    @Test func `a stored hash with an absurd number of iterations matches nothing`() async {
        await #expect(processExitsWith: .success) {
            #expect(!SecretHash(stored: "pbkdf2-sha256$99999999999$AAAA$AAAA").matches("secret"))
        }
    }
}

@Suite struct DigestsTests {
    /// FIPS 180-4 examples, and one of NIST's long ones.
    @Test(arguments: [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
        (String(repeating: "a", count: 1_000_000), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"),
    ])
    func `SHA-256 of known texts`(text: String, hex: String) {
        #expect(Digests.sha256Hex(text) == hex)
        #expect(Digests.hex(Digests.sha256(Array(text.utf8))) == hex)
    }

    @Test func `hexadecimal digits are lower case, two a byte`() {
        #expect(Digests.hex([0x00, 0x0F, 0xA0, 0xFF]) == "000fa0ff")
        #expect(Digests.hex([UInt8]()) == "")
    }

    @Test(arguments: [
        ([UInt8](), ""), ([0xFB, 0xFF, 0xFE], "-__-"), ([0], "AA"), ([0, 0], "AAA"), ([0, 0, 0], "AAAA"),
    ])
    func `base64url has no padding and no plus or slash`(bytes: [UInt8], text: String) {
        #expect(Data(bytes).base64URL == text)
    }

    @Test(arguments: [0, 1, 16, 1_000])
    func `random bytes are as many as asked for`(count: Int) throws {
        #expect(try Digests.random(count: count).count == count)
    }

    @Test func `random bytes differ from draw to draw`() throws {
        #expect(try Digests.random(count: 32) != Digests.random(count: 32))
    }

    @Test(arguments: [
        ("", "", true), ("abc", "abc", true), ("abc", "abd", false), ("abc", "ab", false), ("", "a", false),
    ])
    func `bytes are equal when all are`(first: String, second: String, isEqual: Bool) {
        #expect(Digests.areEqual(Data(first.utf8), Data(second.utf8)) == isEqual)
    }
}
