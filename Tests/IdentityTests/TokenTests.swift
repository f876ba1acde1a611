import CLibJWT
import Foundation
import Identity
import Testing

@Suite struct TokenTests {
    static let key = try! SigningKey.generate()
    static let otherKey = try! SigningKey.generate()
    static let now = Date(timeIntervalSince1970: 1_750_000_000)

    static func claims(
        issuer: String = "https://sluice/", audience: String = "https://management.azure.com", issuedAt: Date = now,
        expiresAt: Date = now + 3_600
    ) -> TokenClaims {
        TokenClaims(
            issuer: issuer, audience: audience, subject: "ünï \"1\"", tenantID: "t", applicationID: "a",
            issuedAt: issuedAt,
            expiresAt: expiresAt)
    }

    static func verifier(_ keys: SigningKey...) -> TokenVerifier {
        TokenVerifier(keys: keys.map { VerificationKey(keyID: $0.keyID, publicKeyPEM: $0.publicKeyPEM) })
    }

    private func verify(
        _ token: String, keys: TokenVerifier = verifier(key), issuer: String = "https://sluice/",
        audience: String = "https://management.azure.com", now: Date = now
    ) throws(TokenError) -> TokenClaims {
        try keys.verify(token, issuer: issuer, audience: audience, now: now)
    }

    @Test func `the claims of a signed token come back`() throws {
        let token = try TokenIssuer(key: Self.key).sign(Self.claims())
        #expect(try verify(token) == Self.claims())
    }

    @Test func `absent claims stay absent`() throws {
        let claims = TokenClaims(
            issuer: "https://sluice/", audience: "x", subject: "s", issuedAt: Self.now, expiresAt: Self.now + 60)
        let token = try TokenIssuer(key: Self.key).sign(claims)
        #expect(try verify(token, audience: "x") == claims)
    }

    @Test func `the header names the algorithm and the key`() throws {
        let token = try TokenIssuer(key: Self.key).sign(Self.claims())
        let header = try #require(try JSONSerialization.jsonObject(with: part(0, of: token)) as? [String: Any])
        #expect(header["alg"] as? String == "RS256")
        #expect(header["kid"] as? String == Self.key.keyID)
        #expect(header["typ"] as? String == "JWT")
    }

    @Test func `a token of any of the keys is accepted`() throws {
        let keys = Self.verifier(Self.key, Self.otherKey)
        for key in [Self.key, Self.otherKey] {
            #expect(try verify(TokenIssuer(key: key).sign(Self.claims()), keys: keys) == Self.claims())
        }
    }

    @Test func `a token of another key is refused`() throws {
        let token = try TokenIssuer(key: Self.otherKey).sign(Self.claims())
        #expect(throws: TokenError.wrongSignature) { try verify(token) }
        #expect(throws: TokenError.wrongSignature) { try verify(token, keys: TokenVerifier(keys: [])) }
    }

    @Test(arguments: [(-1.0, false), (0, false), (1, true), (3_600, true)])
    func `a token is valid until the second it expires`(secondsLeft: Double, isValid: Bool) throws {
        let token = try TokenIssuer(key: Self.key).sign(
            Self.claims(issuedAt: Self.now - 10, expiresAt: Self.now + secondsLeft))
        if isValid {
            #expect(try verify(token).expiresAt == Self.now + secondsLeft)
        } else {
            #expect(throws: TokenError.expired) { try verify(token) }
        }
    }

    @Test(arguments: [(0.0, true), (60, true), (61, false), (86_400, false)])
    func `a token may be issued up to a minute ahead of our clock`(secondsAhead: Double, isValid: Bool) throws {
        let token = try TokenIssuer(key: Self.key).sign(
            Self.claims(issuedAt: Self.now + secondsAhead, expiresAt: Self.now + 90_000))
        if isValid {
            #expect(try verify(token).issuedAt == Self.now + secondsAhead)
        } else {
            #expect(throws: TokenError.notYetValid) { try verify(token) }
        }
    }

    @Test(arguments: ["https://sluice", "https://SLUICE/", "", "https://other/"])
    func `another issuer is refused`(issuer: String) throws {
        let token = try TokenIssuer(key: Self.key).sign(Self.claims())
        #expect(throws: TokenError.wrongIssuer) { try verify(token, issuer: issuer) }
    }

    @Test(arguments: [
        ("https://a.test", "https://a.test", true), ("https://a.test/", "https://a.test", true),
        ("https://a.test", "https://a.test/", true), ("https://a.test//", "https://a.test", false),
        ("https://a.test/x", "https://a.test", false), ("HTTPS://a.test", "https://a.test", false),
        ("", "https://a.test", false),
    ])
    func `a trailing slash of the audience does not matter, all else does`(token: String, wanted: String, isSame: Bool)
        throws
    {
        let text = try TokenIssuer(key: Self.key).sign(Self.claims(audience: token))
        if isSame {
            #expect(try verify(text, audience: wanted).audience == token)
        } else {
            #expect(throws: TokenError.wrongAudience) { try verify(text, audience: wanted) }
        }
    }

    @Test func `one of several audiences is enough`() throws {
        let token = try TokenIssuer(key: Self.key).sign(Self.claims(audience: "b"))
        let keys = Self.verifier(Self.key)
        #expect(
            try keys.verify(token, issuer: "https://sluice/", audiences: ["a", "b/"], now: Self.now).audience == "b")
        for audiences in [[], ["a"]] {
            #expect(throws: TokenError.wrongAudience) {
                try keys.verify(token, issuer: "https://sluice/", audiences: audiences, now: Self.now)
            }
        }
    }

    @Test(arguments: [0, 1, 2])
    func `a token that was altered in any part is refused`(index: Int) throws {
        let token = try TokenIssuer(key: Self.key).sign(Self.claims())
        var parts = token.split(separator: ".").map { Array($0) }
        let middle = parts[index].count / 2
        parts[index][middle] = parts[index][middle] == "A" ? "B" : "A"
        let altered = parts.map { String($0) }.joined(separator: ".")
        #expect(throws: TokenError.self) { try verify(altered) }
    }

    @Test(arguments: [JWT_ALG_HS256, JWT_ALG_HS384, JWT_ALG_HS512])
    func `a token signed with the public key as an HMAC secret is refused`(algorithm: jwt_alg_t) throws {
        let forged = try forge(algorithm, secret: Self.key.publicKeyPEM)
        #expect(throws: TokenError.wrongAlgorithm) { try verify(forged) }
        #expect(throws: TokenError.self) { try verify(forged, keys: Self.verifier(Self.otherKey, Self.key)) }
    }

    @Test func `a token without a signature is refused, however it spells none`() throws {
        let forged = try forge(JWT_ALG_NONE, secret: "")
        #expect(throws: TokenError.self) { try verify(forged) }
        let payload = try #require(
            try TokenIssuer(key: Self.key).sign(Self.claims()).split(separator: ".").dropFirst().first)
        for name in ["none", "None", "NONE", "nOnE", ""] {
            let header = Data("{\"alg\":\"\(name)\",\"typ\":\"JWT\"}".utf8).base64URL
            #expect(throws: TokenError.self) { try verify("\(header).\(payload).") }
        }
    }

    @Test(arguments: [JWT_ALG_RS384, JWT_ALG_RS512])
    func `another algorithm with the right key is refused`(algorithm: jwt_alg_t) throws {
        let token = try forge(algorithm, secret: Self.key.privateKeyPEM)
        #expect(throws: TokenError.wrongAlgorithm) { try verify(token) }
    }

    @Test(arguments: ["", ".", "..", "a.b", "a.b.c", "a.b.c.d", "   ", "ü.ü.ü", "e30.e30.e30", "Bearer x.y.z"])
    func `a text that is no token is refused`(text: String) {
        #expect(throws: TokenError.self) { try verify(text) }
    }

    @Test func `a token of more than 16 KiB is malformed`() throws {
        var claims = Self.claims()
        claims.subject = String(repeating: "s", count: 16_384)
        let token = try TokenIssuer(key: Self.key).sign(claims)
        #expect(throws: TokenError.malformed) { try verify(token) }
    }

    @Test func `a token followed by a zero byte is not the token`() throws {
        let token = try TokenIssuer(key: Self.key).sign(Self.claims())
        #expect(throws: TokenError.self) { try verify(token + "\0more") }
    }

    @Test(arguments: ["iss", "aud", "sub", "iat", "exp"])
    func `a token without a required claim is malformed`(name: String) throws {
        let token = try forge(JWT_ALG_RS256, secret: Self.key.privateKeyPEM) { jwt_del_grants($0, name) }
        #expect(throws: TokenError.malformed) { try verify(token) }
    }

    @Test func `a token counts for the key alone that it names`() throws {
        let token = try forge(JWT_ALG_RS256, secret: Self.key.privateKeyPEM, keyID: Self.otherKey.keyID)
        #expect(throws: TokenError.wrongSignature) { try verify(token, keys: Self.verifier(Self.key, Self.otherKey)) }
        let unknown = try forge(JWT_ALG_RS256, secret: Self.key.privateKeyPEM, keyID: "unknown")
        #expect(throws: TokenError.wrongSignature) { try verify(unknown) }
    }

    @Test(arguments: [("nbf", 60, true), ("nbf", 61, false), ("exp", 0, false)])
    func `a token is not used before its time`(name: String, secondsAhead: Int, isValid: Bool) throws {
        let seconds = Int(Self.now.timeIntervalSince1970) + secondsAhead
        let token = try forge(JWT_ALG_RS256, secret: Self.key.privateKeyPEM) {
            _ = jwt_del_grants($0, name)
            return jwt_add_grant_int($0, name, seconds)
        }
        if isValid {
            _ = try verify(token)
        } else {
            #expect(throws: TokenError.self) { try verify(token) }
        }
    }

    @Test(arguments: ["\"1750000060\"", "-1", "1e300", "[]", "null", "1750000060.5"])
    func `times of any form trap nothing`(value: String) throws {
        let token = try forge(JWT_ALG_RS256, secret: Self.key.privateKeyPEM) {
            _ = jwt_del_grants($0, "exp")
            return jwt_add_grants_json($0, "{\"exp\":\(value)}")
        }
        do throws(TokenError) {
            #expect(try verify(token).expiresAt > Self.now)
        } catch {
            #expect([.malformed, .expired].contains(error))
        }
    }

    /// A token with good claims, signed as an attacker would.
    private func forge(
        _ algorithm: jwt_alg_t, secret: String, keyID: String = key.keyID,
        alter: (OpaquePointer) -> Int32 = { _ in 0 }
    ) throws -> String {
        var made: OpaquePointer?
        try #require(jwt_new(&made) == 0)
        let token = try #require(made)
        defer { jwt_free(token) }
        let seconds = Int(Self.now.timeIntervalSince1970)
        let claims = """
            {"iss":"https://sluice/","aud":"https://management.azure.com","sub":"s","iat":\(seconds),"exp":\(seconds + 60)}
            """
        try #require(jwt_add_grants_json(token, claims) == 0)
        try #require(jwt_add_header(token, "kid", keyID) == 0)
        try #require(alter(token) == 0)
        let bytes = Array(secret.utf8)
        try #require(jwt_set_alg(token, algorithm, bytes.isEmpty ? nil : bytes, Int32(bytes.count)) == 0)
        let text = try #require(jwt_encode_str(token))
        defer { free(text) }
        return String(cString: text)
    }

    private func part(_ index: Int, of token: String) throws -> Data {
        try #require(Data(base64URL: String(token.split(separator: ".")[index])))
    }
}

extension Data {
    /// Decodes base64 with the URL alphabet and no padding.
    init?(base64URL text: String) {
        let standard = text.replacingOccurrences(of: "-", with: "+").replacingOccurrences(of: "_", with: "/")
        self.init(base64Encoded: standard + String(repeating: "=", count: (4 - standard.count % 4) % 4))
    }
}
