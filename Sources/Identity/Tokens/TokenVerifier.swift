import CLibJWT
package import Foundation

/// The public half of a signing key, named as in token headers.
package struct VerificationKey: Sendable, Equatable {
    package var keyID: String
    /// SubjectPublicKeyInfo, PEM.
    package var publicKeyPEM: String

    package init(keyID: String, publicKeyPEM: String) {
        self.keyID = keyID
        self.publicKeyPEM = publicKeyPEM
    }
}

/// Checks RS256 tokens against a fixed set of public keys, through libjwt.
package struct TokenVerifier: Sendable {
    private let keys: [VerificationKey]
    /// How far two clocks may differ, in seconds.
    private static let leeway: TimeInterval = 60

    package init(keys: [VerificationKey]) {
        self.keys = keys
    }

    /// The claims of a token whose signature, issuer, audience and times hold. A trailing slash of the audience is ignored.
    package func verify(
        _ token: String, issuer: String, audience: String, now: Date
    ) throws(TokenError) -> TokenClaims {
        let claims = try verifySignature(token)
        guard claims.issuer == issuer else { throw .wrongIssuer }
        guard Self.isSameAudience(claims.audience, audience) else { throw .wrongAudience }
        try Self.checkTimes(claims, now: now)
        return claims
    }

    /// The same for a bearer who may name one of several audiences.
    package func verify(
        _ token: String, issuer: String, audiences: [String], now: Date
    ) throws(TokenError) -> TokenClaims {
        let claims = try verifySignature(token)
        guard claims.issuer == issuer else { throw .wrongIssuer }
        guard audiences.contains(where: { Self.isSameAudience(claims.audience, $0) }) else { throw .wrongAudience }
        try Self.checkTimes(claims, now: now)
        return claims
    }

    private static func checkTimes(_ claims: TokenClaims, now: Date) throws(TokenError) {
        guard claims.expiresAt > now else { throw .expired }
        guard claims.issuedAt <= now + leeway else { throw .notYetValid }
    }

    private static func isSameAudience(_ first: String, _ second: String) -> Bool {
        func trimmed(_ text: String) -> Substring { text.hasSuffix("/") ? text.dropLast() : text[...] }
        return trimmed(first) == trimmed(second)
    }

    private func verifySignature(_ token: String) throws(TokenError) -> TokenClaims {
        guard token.utf8.count <= 16_384, !token.utf8.contains(0),
            token.split(separator: ".", omittingEmptySubsequences: false).count == 3
        else {
            throw .malformed
        }
        for key in keys {
            let pem = Array(key.publicKeyPEM.utf8)
            var decoded: OpaquePointer?
            guard jwt_decode(&decoded, token, pem, Int32(pem.count)) == 0, let decoded else { continue }
            defer { jwt_free(decoded) }
            // libjwt verifies by the algorithm that the token names: a token signed with HMAC under the
            // public key's text would pass, so anything but RS256 is refused here.
            guard jwt_get_alg(decoded) == JWT_ALG_RS256 else { throw .wrongAlgorithm }
            return try Self.claims(of: decoded)
        }
        throw .wrongSignature
    }

    private static func claims(of token: OpaquePointer) throws(TokenError) -> TokenClaims {
        guard let text = jwt_get_grants_json(token, nil) else { throw .malformed }
        defer { free(text) }
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .secondsSince1970
        do {
            return try decoder.decode(TokenClaims.self, from: Data(String(cString: text).utf8))
        } catch {
            throw .malformed
        }
    }
}
