import COpenSSL
import Foundation

/// A principal's secret as it is stored: salted and stretched (PBKDF2 with HMAC-SHA-256), never the secret itself.
///
/// Stored as `pbkdf2-sha256$<iterations>$<salt, base64>$<hash, base64>`.
package struct SecretHash: Sendable, Equatable {
    package let stored: String

    /// Secrets are drawn by us with 256 random bits, so few iterations are enough to make tables useless.
    private static let iterations: Int32 = 10_000
    private static let possibleIterations: ClosedRange<Int32> = 1...10_000_000

    package init(stored: String) {
        self.stored = stored
    }

    package init(hashing secret: String) throws(IdentityError) {
        let salt = try Digests.random(count: 16)
        let hash = try Self.derive(secret, salt: salt, iterations: Self.iterations)
        stored = "pbkdf2-sha256$\(Self.iterations)$\(salt.base64EncodedString())$\(hash.base64EncodedString())"
    }

    /// A malformed stored hash matches nothing.
    package func matches(_ secret: String) -> Bool {
        let parts = stored.split(separator: "$")
        guard parts.count == 4, parts[0] == "pbkdf2-sha256", let iterations = Int32(parts[1]),
            Self.possibleIterations.contains(iterations),
            let salt = Data(base64Encoded: String(parts[2])), let expected = Data(base64Encoded: String(parts[3])),
            let actual = try? Self.derive(secret, salt: salt, iterations: iterations)  // no derivation, no match
        else { return false }
        return Digests.areEqual(actual, expected)
    }

    private static func derive(_ secret: String, salt: Data, iterations: Int32) throws(IdentityError) -> Data {
        let password = Array(secret.utf8).map(CChar.init(bitPattern:))
        var output = [UInt8](repeating: 0, count: 32)
        let done = PKCS5_PBKDF2_HMAC(
            password, Int32(password.count), Array(salt), Int32(salt.count), iterations, EVP_sha256(),
            Int32(output.count), &output)
        guard done == 1 else { throw .fromOpenSSL(.keyGenerationFailed, "hashing a secret") }
        return Data(output)
    }
}
