import Foundation
import Testing

@testable import Artifacts

/// Tokens made by azure-storage-blob 12.31.1 (`generate_container_sas`, `generate_blob_sas`, `generate_account_sas`);
/// the one of 2019 by Python's hmac from the published string to sign.
@Suite struct SharedAccessSignatureTests {
    static let account = StorageAccount(
        name: "acct",
        keys: [
            AccountKey(base64: "b3RoZXIga2V5IG9mIDMyIGJ5dGVzIHl5eXl5eXl5eXk=")!,
            AccountKey(base64: "c2x1aWNlIHRlc3Qga2V5IG9mIDMyIGJ5dGVzIHh4eHh4")!,
        ])
    static let now = StorageDate.parseISO("2026-01-01T12:00:00Z")!
    static let container = try! ContainerName("models")
    static let blob = try! BlobName("a b/ü&+.bin")
    static let wide =
        "st=2026-01-01T00%3A00%3A00Z&se=2026-01-02T03%3A04%3A05Z&sp=rwcdl&sv=2026-10-06&sr=c&sig=/9aGMky6NZ8qdqM1d7AhyuaO8Y/axC4piaOdcqi%2B39s%3D"
    static let ofBlob =
        "se=2026-01-02T03%3A04%3A05Z&sp=r&sip=10.0.0.1-10.0.0.9&spr=https&sv=2026-10-06&sr=b&rscc=no-store&rscd=attachment&rsct=text/plain&sig=S0m6Cn5ouxK802EDN%2Bv0ToywgzW/PuCEL8yPN5uBIN8%3D"
    static let ofAccount =
        "st=2026-01-01T00%3A00%3A00Z&se=2026-01-02T03%3A04%3A05Z&sp=rwdl&spr=https%2Chttp&sv=2026-10-06&ss=b&srt=sco&sig=eEntcCBNgTq/iBAgCfeHBVSE2SAYENpOVkhxx6j88vY%3D"
    static let ofObjects =
        "se=2026-01-02T03%3A04%3A05Z&sp=r&sv=2026-10-06&ss=b&srt=o&sig=jl7sMWPu5d0TbklNRLWLtNWpFIilPbtblCZUHF7IyCg%3D"

    static func query(_ token: String) -> [(name: String, value: String)] {
        token.split(separator: "&").map { pair in
            let halves = pair.split(separator: "=", maxSplits: 1)
            return (String(halves[0]), halves.count > 1 ? halves[1].removingPercentEncoding! : "")
        }
    }

    static func check(
        _ token: String, _ access: StorageAccess, origin: StorageOrigin = .init(isSecure: true, address: "10.0.0.5"),
        now: Date = now
    ) -> SignatureError.Code? {
        do throws(SignatureError) {
            guard let signature = try SharedAccessSignature(query: query(token)) else { return .authenticationFailed }
            _ = try signature.authorise(access, account: account, origin: origin, now: now)
            return nil
        } catch {
            return error.code
        }
    }

    static let read = StorageAccess(.blob(container, blob), .read)

    @Test(arguments: [
        wide, ofBlob, ofAccount, ofObjects,
        "se=2026-01-02T03%3A04%3A05Z&sp=r&sv=2026-10-06&sr=c&sig=mNPZj3a2Ht1%2BpDCGo7Je1LCdANRdAWzinBEqokSn7Ks%3D",
        "se=2026-01-02T03%3A04%3A05Z&sp=r&sv=2026-10-06&sr=c&ses=sc&sig=CPjHPsphbfJn0mGUzdg0jBD1rEcOttPnx9lUYUeSQoo%3D",
        "se=2026-01-02T03%3A04%3A05Z&sp=rl&sv=2023-11-03&sr=c&sig=C3NxgKLQ9FLGE1lp5MaW/byzwoysu8Isp3%2B9AjmjDek%3D",
        "sv=2019-12-12&sr=c&sp=r&se=2026-01-02T03%3A04%3A05Z&sig=f9SVGxOTeO6FHn%2Beb1ht1JJLmK1GnBmmKkZa%2B9IxFpM%3D",
    ])
    func `tokens of the official client are accepted, and refused when anything signed is changed`(_ token: String) {
        #expect(Self.check(token, Self.read) == nil)
        #expect(Self.check(token.replacing("2026-01-02T03", with: "2026-01-03T03"), Self.read) == .authenticationFailed)
        #expect(Self.check(token.replacing("sp=r", with: "sp=dr"), Self.read) == .authenticationFailed)
        #expect(Self.check(token + "&ses=other", Self.read) == .authenticationFailed || token.contains("2019"))
        #expect(Self.check(token + "&sp=rw", Self.read) == .authenticationFailed)
        #expect(Self.check(token + "&si=policy", Self.read) == .authenticationFailed)
    }

    @Test(
        arguments: [
            (wide, StorageAccess(.contents(container), .list), nil),
            (wide, StorageAccess(.blob(container, blob), .delete), nil),
            (wide, StorageAccess(.container(container), .delete), .permissionMismatch),
            (wide, StorageAccess(.contents(try! ContainerName("other")), .list), .authenticationFailed),
            (ofBlob, StorageAccess(.blob(container, blob), .write), .permissionMismatch),
            (ofBlob, StorageAccess(.blob(container, try! BlobName("other")), .read), .authenticationFailed),
            (ofBlob, StorageAccess(.contents(container), .list), .permissionMismatch),
            (ofAccount, StorageAccess(.service, .list), nil),
            (ofAccount, StorageAccess(.container(container), .create, .write), nil),
            (ofAccount, StorageAccess(.container(container), .create), .permissionMismatch),
            (ofObjects, StorageAccess(.contents(container), .list), .resourceTypeMismatch),
        ] as [(String, StorageAccess, SignatureError.Code?)])
    func `a token permits what it says and no more`(
        _ token: String, _ access: StorageAccess, _ expected: SignatureError.Code?
    ) {
        #expect(Self.check(token, access) == expected)
    }

    @Test func `time, protocol and source address are limits`() {
        #expect(Self.check(Self.wide, Self.read, now: Self.now - 43_201) == .authenticationFailed)
        #expect(Self.check(Self.wide, Self.read, now: Self.now - 43_200) == nil)
        #expect(
            Self.check(Self.wide, Self.read, now: StorageDate.parseISO("2026-01-02T03:04:05Z")!)
                == .authenticationFailed)
        #expect(
            Self.check(Self.ofBlob, Self.read, origin: .init(isSecure: false, address: "10.0.0.5")) == .protocolMismatch
        )
        #expect(
            Self.check(Self.ofBlob, Self.read, origin: .init(isSecure: true, address: "10.0.0.10"))
                == .sourceAddressMismatch)
        #expect(Self.check(Self.ofBlob, Self.read, origin: .init(isSecure: true)) == .sourceAddressMismatch)
    }

    @Test func `an issued token has official names only and does what it says`() throws {
        let token = try #require(
            SharedAccessSignature.issue(
                container: Self.container, permissions: [.read, .list, .create], start: Self.now - 60,
                expiry: Self.now + 3600, secureOnly: true, account: Self.account))
        let query = Self.query(token)
        #expect(query.map(\.name) == ["sv", "sr", "sp", "st", "se", "spr", "sig"])
        #expect(query.first { $0.name == "sp" }?.value == "rcl")
        #expect(Self.check(token, Self.read) == nil)
        #expect(Self.check(token, StorageAccess(.contents(Self.container), .list)) == nil)
        #expect(Self.check(token, StorageAccess(.blob(Self.container, Self.blob), .write)) == .permissionMismatch)
        #expect(Self.check(token, Self.read, origin: .init(isSecure: false)) == .protocolMismatch)
        let ofBlob = try #require(
            SharedAccessSignature.issue(
                blob: Self.blob, in: Self.container, permissions: [.read], expiry: Self.now + 1, secureOnly: false,
                account: Self.account))
        #expect(Self.check(ofBlob, Self.read) == nil)
        #expect(Self.check(ofBlob, Self.read, now: Self.now + 1) == .authenticationFailed)
    }

    @Test func `a query without a signature is not one`() throws {
        #expect(try SharedAccessSignature(query: [("comp", "list"), ("sv", "2021-12-02")]) == nil)
    }

    @Test func `a signature by a third key is refused`() {
        var other = Self.account
        other.keys = [Self.account.keys[0]]
        #expect(throws: SignatureError.self) {
            try SharedAccessSignature(query: Self.query(Self.wide))?.authorise(
                Self.read, account: other, origin: .init(isSecure: true), now: Self.now)
        }
    }
}
