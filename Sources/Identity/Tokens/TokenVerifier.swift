package import Foundation

/// The public half of a signing key, named as in token headers.
package struct VerificationKey: Sendable, Equatable {
    package var keyID: String
    /// SubjectPublicKeyInfo, PEM.
    package var publicKeyPEM: String

    package init(keyID: String, publicKeyPEM: String) {
        (self.keyID, self.publicKeyPEM) = (keyID, publicKeyPEM)
    }
}

/// Checks RS256 tokens (RFC 7515, RFC 7519) against a fixed set of public keys, which are parsed once.
///
/// libjwt verifies by the algorithm that the token names, and parses the key for every token; so the signature is checked
/// by OpenSSL, after everything that costs less: form, algorithm, key id, and the claims.
package struct TokenVerifier: Sendable {
    private let keys: [String: PublicKey]
    /// How far two clocks may differ, in seconds.
    private static let leeway: TimeInterval = 60
    private static let sizeLimit = 16_384

    /// A key that is no RSA key in PEM verifies nothing.
    package init(keys: [VerificationKey]) {
        let parsed = keys.compactMap { key in PublicKey(pem: key.publicKeyPEM).map { (key.keyID, $0) } }
        self.keys = Dictionary(parsed) { first, _ in first }
    }

    /// The claims of a token whose signature, issuer, audience and times hold. A trailing slash of the audience is ignored.
    package func verify(
        _ token: String, issuer: String, audience: String, now: Date
    ) throws(TokenError) -> TokenClaims {
        try verify(token, issuer: issuer, audiences: [audience], now: now)
    }

    /// The same for a bearer who may name one of several audiences.
    package func verify(
        _ token: String, issuer: String, audiences: [String], now: Date
    ) throws(TokenError) -> TokenClaims {
        let parts = try CompactToken(token, limit: Self.sizeLimit)
        let header: Header = try Self.decode(parts.header)
        guard header.alg == "RS256" else { throw .wrongAlgorithm }
        guard header.crit == nil else { throw .malformed }
        guard let key = header.kid.flatMap({ keys[$0] }) else { throw .wrongSignature }
        let claims: TokenClaims = try Self.decode(parts.payload)
        guard claims.issuer == issuer else { throw .wrongIssuer }
        guard audiences.contains(where: { Self.isSameAudience(claims.audience, $0) }) else { throw .wrongAudience }
        try Self.checkTimes(claims, now: now)
        guard key.verifies(parts.signature, of: parts.signed) else { throw .wrongSignature }
        return claims
    }

    /// What of a token's header counts. Keys that it brings along (`jku`, `jwk`, `x5u`) are not looked at.
    private struct Header: Decodable {
        let alg: String
        let kid: String?
        /// Extensions that a verifier must know (RFC 7515 §4.1.11); none is known here.
        let crit: [String]?
    }

    private static func checkTimes(_ claims: TokenClaims, now: Date) throws(TokenError) {
        guard claims.expiresAt > now else { throw .expired }
        guard claims.issuedAt <= now + leeway, claims.notBefore ?? .distantPast <= now + leeway else {
            throw .notYetValid
        }
    }

    private static func isSameAudience(_ first: String, _ second: String) -> Bool {
        func trimmed(_ text: String) -> Substring { text.hasSuffix("/") ? text.dropLast() : text[...] }
        return trimmed(first) == trimmed(second)
    }

    private static func decode<Value: Decodable>(_ json: Data) throws(TokenError) -> Value {
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .secondsSince1970
        do {
            return try decoder.decode(Value.self, from: json)
        } catch {
            throw .malformed
        }
    }
}

/// The three parts of a token in its compact form (RFC 7515 §7.1), decoded.
private struct CompactToken {
    let header: Data
    let payload: Data
    let signature: Data
    /// What was signed: the first two parts as they were sent.
    let signed: Data

    init(_ text: String, limit: Int) throws(TokenError) {
        guard text.utf8.count <= limit else { throw .malformed }
        let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 3, let header = Data(base64URL: parts[0]), let payload = Data(base64URL: parts[1]),
            let signature = Data(base64URL: parts[2])
        else { throw .malformed }
        (self.header, self.payload, self.signature) = (header, payload, signature)
        signed = Data(text.utf8.prefix(parts[0].count + 1 + parts[1].count))
    }
}

extension Data {
    /// Decodes base64 with the URL alphabet and no padding (RFC 7515 §2); nil for anything else.
    fileprivate init?(base64URL text: some Collection<UInt8>) {
        var standard: [UInt8] = []
        for byte in text {
            switch byte {
            case UInt8(ascii: "-"): standard.append(UInt8(ascii: "+"))
            case UInt8(ascii: "_"): standard.append(UInt8(ascii: "/"))
            case UInt8(ascii: "+"), UInt8(ascii: "/"), UInt8(ascii: "="): return nil
            default: standard.append(byte)
            }
        }
        standard += repeatElement(UInt8(ascii: "="), count: (4 - standard.count % 4) % 4)
        self.init(base64Encoded: Data(standard))
    }
}
