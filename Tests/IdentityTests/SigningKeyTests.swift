import Foundation
import Identity
import Testing

@Suite struct SigningKeyTests {
    /// A fixed key, made with `openssl genrsa 2048`; what is expected of it was read with the command line's `openssl`.
    static let pem = """
        -----BEGIN PRIVATE KEY-----
        MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQDFdYijDrzpSxqM
        s7jmIXnZOJCrrOga9aSOL4Bv0XYlCmZ+ZxNeFaFNDrvZJ/mhs91Fs1E1XiQL5Xl0
        XIOB76muOh0lQ6BxNnKSmIJt/cmBJNrDd/m01AT9w2O5Rvfmoti2gitQ9Qgu7M2v
        edsVnrUmGKuY9ssuUlp2alW9l5m/Et0MoTqKGdeCEBu1rZFZIcVQic4ZT/kIaJi8
        dXzZTOf6MeEApFtpf3D3M0VaGamC9Cf6IZSB8TmbmJlO94XCgWnJBUKkvka8LJ+E
        uHwVpUMzHyAR43NzI7oEvEzcu5DX0IgjCz8DxCdjqqeETrydrOUMs+NLW+pYdjHm
        ERnBLskvAgMBAAECggEAOIRJlZI0U/nhIYCXXZcbTyc3kUuuK3k/nkrOUjL7w+JU
        L73E91rtjia3cZJViwj2PmryxXmqi5UkzD9mjJxSTsHncbEHjR/ubzMjseO/9yzb
        SLNgT3eX7iIsuu0rK2JU8PgU+dkIfJXe0WjpYijI5JyPEPsicKG1rssEu31Wzi9Q
        ZlwlowBTChmwvdUzcKLEI145tPMoAj0F+oI0m6wUBKlGB+tbW+v29yXzQkd4XaRz
        fpAK9XsFYvA2dpYinMGLZIwoURXion42GJWTPFp/GXsI4gE75vFvuY5YEPzx9JgO
        YK/rTYRNL2xUvCeaCshBF6PURrOC3UOH8EyTEO0zMQKBgQD9EpQ+zEdN5y+SRjIR
        2Rt2azQWoWifmiZ5YKIMiBoHY2qU8AGu0owt+eiNw8QkBkE2SIziOReA9VnuokZA
        csI1Z2nnGfrIyWijRSD5zt+dAsNtP2s8TQxkLWuBF4HIcr2KChpzi0W7Xp07p/C0
        Snbm2AKb2skoiiaLh2dWuk+2hQKBgQDHvkRkbfUsoeHH65f6B5igUKdlYE8cpyeB
        w31quS7zd5AK5T6l1JB4CScXcbiz5pewK/pgfOcAi4dHlS7rsJZlgtS/SdN2oMl9
        q6hFPuotaKOBu0RpJp5oxTDWspHE4UsuBHAgT7F0PUJtFRvr2eFoTZKut4QUCQRv
        iVF4maIRIwKBgFmxCv9SsPbIN9D0tewjcRtAFV7r58OhA3/DIsukNO1na6/LfB00
        m9/zkVslBc/qs5QElIHc0BqxWiU8N//BbFk3BI6WY45j64TqDCzdB92CzDZc4qml
        eP3MJyzCYwniuJBC0mse8iDdAIbTF3keZxObfRk1qlOG2vBaleJj97ptAoGBAIrf
        aXOd05FVd8HktgRbVa1YhhoArOBSAzDANymFWPRjU12P50+qi0s5qdkt8un5T8tn
        uCtvi7ggSkzllvq9CsPHA51/eauHvK9IMrT6OhyaHNws1DJ7bDWRrBQJkTmeHgP/
        h+mfHtSfZtiqjYAcOxCmpm4dH5JCdrgJdAByaHCbAoGARAGWth9hn1qPWHS86M/L
        dTN4hksyCYfUvcsohhv2XHxWNtS94Z8bXdqb8uwMu7alaZcmtofLLNE4K2YyogQd
        J9nd4wOBB5m66G8VUyhhZvZwlObWmvQ1VgfdhCqjDGEEobhdzK1DH3KBSf1jMoTb
        tz4tV+FjkUADNy7+930FJK0=
        -----END PRIVATE KEY-----
        """ + "\n"
    static let publicPEM = """
        -----BEGIN PUBLIC KEY-----
        MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAxXWIow686UsajLO45iF5
        2TiQq6zoGvWkji+Ab9F2JQpmfmcTXhWhTQ672Sf5obPdRbNRNV4kC+V5dFyDge+p
        rjodJUOgcTZykpiCbf3JgSTaw3f5tNQE/cNjuUb35qLYtoIrUPUILuzNr3nbFZ61
        JhirmPbLLlJadmpVvZeZvxLdDKE6ihnXghAbta2RWSHFUInOGU/5CGiYvHV82Uzn
        +jHhAKRbaX9w9zNFWhmpgvQn+iGUgfE5m5iZTveFwoFpyQVCpL5GvCyfhLh8FaVD
        Mx8gEeNzcyO6BLxM3LuQ19CIIws/A8QnY6qnhE68nazlDLPjS1vqWHYx5hEZwS7J
        LwIDAQAB
        -----END PUBLIC KEY-----
        """ + "\n"
    static let modulusHex =
        "c57588a30ebce94b1a8cb3b8e62179d93890abace81af5a48e2f806fd176250a667e67135e15a14d0ebbd927f9a1b3dd"
        + "45b351355e240be579745c8381efa9ae3a1d2543a07136729298826dfdc98124dac377f9b4d404fdc363b946f7e6a2d8"
        + "b6822b50f5082eeccdaf79db159eb52618ab98f6cb2e525a766a55bd9799bf12dd0ca13a8a19d782101bb5ad915921c5"
        + "5089ce194ff9086898bc757cd94ce7fa31e100a45b697f70f733455a19a982f427fa219481f1399b98994ef785c28169"
        + "c90542a4be46bc2c9f84b87c15a543331f2011e3737323ba04bc4cdcbb90d7d088230b3f03c42763aaa7844ebc9dace5"
        + "0cb3e34b5bea587631e61119c12ec92f"
    static let keyID = "9dee3aa003bbc6c5"

    @Test func `the public half and the id of a key are those that openssl finds`() throws {
        let key = try SigningKey(privateKeyPEM: Self.pem)
        #expect(key.publicKeyPEM == Self.publicPEM)
        #expect(key.keyID == Self.keyID)
    }

    @Test func `the web key holds the modulus and exponent that openssl finds`() throws {
        let key = try SigningKey(privateKeyPEM: Self.pem).jsonWebKey()
        #expect(Digests.hex(try #require(Data(base64URL: key.n))) == Self.modulusHex)
        #expect(key.e == "AQAB")
        #expect(key.kid == Self.keyID)
        #expect([key.kty, key.use, key.alg] == ["RSA", "sig", "RS256"])
        #expect(!key.n.contains { "+/=".contains($0) })
    }

    @Test func `a web key is written with the names of RFC 7517`() throws {
        let key = try SigningKey(privateKeyPEM: Self.pem).jsonWebKey()
        let members = try #require(
            try JSONSerialization.jsonObject(with: JSONEncoder().encode(key)) as? [String: String])
        #expect(Set(members.keys) == ["kty", "use", "alg", "kid", "n", "e"])
    }

    @Test func `a generated key is new each time and reads back from its PEM`() throws {
        let (first, second) = (try SigningKey.generate(), try SigningKey.generate())
        #expect(first.keyID != second.keyID)
        #expect(first.keyID.count == 16)
        #expect(first.privateKeyPEM.hasPrefix("-----BEGIN PRIVATE KEY-----\n"))
        #expect(try SigningKey(privateKeyPEM: first.privateKeyPEM) == first)
        #expect(try #require(Data(base64URL: first.jsonWebKey().n)).count == 256)
    }

    @Test(arguments: ["", "x", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", publicPEM])
    func `a text that is no private key is refused`(text: String) {
        let error = #expect(throws: IdentityError.self) { try SigningKey(privateKeyPEM: text) }
        #expect(error?.code == .malformedKey)
    }
}
