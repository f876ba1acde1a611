import COpenSSL
package import Foundation

/// One-way functions and random bytes, all OpenSSL's.
package enum Digests {
    /// SHA-256, 32 bytes.
    package static func sha256(_ bytes: some DataProtocol) -> Data {
        let input = Array(bytes)
        var output = [UInt8](repeating: 0, count: Int(SHA256_DIGEST_LENGTH))
        _ = SHA256(input, input.count, &output)
        return Data(output)
    }

    /// SHA-256 of a text's UTF-8 as 64 lower-case hexadecimal digits.
    package static func sha256Hex(_ text: String) -> String {
        hex(sha256(Array(text.utf8)))
    }

    package static func hex(_ bytes: some DataProtocol) -> String {
        let digits = Array("0123456789abcdef".utf8)
        var output: [UInt8] = []
        output.reserveCapacity(bytes.count * 2)
        for byte in bytes {
            output.append(digits[Int(byte >> 4)])
            output.append(digits[Int(byte & 15)])
        }
        return String(decoding: output, as: UTF8.self)
    }

    /// Bytes from the operating system's generator through OpenSSL's.
    package static func random(count: Int) throws(IdentityError) -> Data {
        var output = [UInt8](repeating: 0, count: count)
        guard RAND_bytes(&output, Int32(count)) == 1 else {
            throw .fromOpenSSL(.keyGenerationFailed, "drawing random bytes")
        }
        return Data(output)
    }

    /// Compares without telling by its duration where the two differ.
    package static func areEqual(_ first: Data, _ second: Data) -> Bool {
        guard first.count == second.count else { return false }
        return CRYPTO_memcmp(Array(first), Array(second), first.count) == 0
    }
}

extension Data {
    /// Base64 with the URL alphabet and no padding (RFC 7515).
    package var base64URL: String {
        base64EncodedString()
            .replacingOccurrences(of: "+", with: "-")
            .replacingOccurrences(of: "/", with: "_")
            .replacingOccurrences(of: "=", with: "")
    }
}
