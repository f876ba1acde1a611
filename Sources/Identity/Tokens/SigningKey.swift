import COpenSSL
import Foundation

/// An RSA key pair that tokens are signed with (RS256).
package struct SigningKey: Sendable, Equatable {
    /// Names the key in token headers and in the JWKS: the first 16 hexadecimal digits of its public key's SHA-256.
    package let keyID: String
    /// PKCS #8, PEM. A secret: encrypt before storing.
    package let privateKeyPEM: String
    /// SubjectPublicKeyInfo, PEM.
    package let publicKeyPEM: String

    /// Draws a new 2048-bit key.
    package static func generate() throws(IdentityError) -> SigningKey {
        guard let key = PrivateKey.rsa(bits: 2048) else {
            throw .fromOpenSSL(.keyGenerationFailed, "making an RSA key")
        }
        return try SigningKey(privateKeyPEM: key.privatePEM())
    }

    package init(privateKeyPEM: String) throws(IdentityError) {
        let key = try PrivateKey(pem: privateKeyPEM)
        self.privateKeyPEM = privateKeyPEM
        publicKeyPEM = try key.publicPEM()
        keyID = String(Digests.sha256Hex(publicKeyPEM).prefix(16))
    }

    /// The key as an entry of a JSON Web Key Set (RFC 7517).
    package func jsonWebKey() throws(IdentityError) -> JSONWebKey {
        let key = try PrivateKey(pem: privateKeyPEM)
        return JSONWebKey(
            kid: keyID, n: try key.parameter(OSSL_PKEY_PARAM_RSA_N).base64URL,
            e: try key.parameter(OSSL_PKEY_PARAM_RSA_E).base64URL)
    }
}

/// One entry of a JSON Web Key Set: the public half of a ``SigningKey``.
package struct JSONWebKey: Sendable, Equatable, Codable {
    package var kty = "RSA"
    package var use = "sig"
    package var alg = "RS256"
    package var kid: String
    /// Modulus, base64url.
    package var n: String
    /// Public exponent, base64url.
    package var e: String

    init(kid: String, n: String, e: String) {
        (self.kid, self.n, self.e) = (kid, n, e)
    }
}
