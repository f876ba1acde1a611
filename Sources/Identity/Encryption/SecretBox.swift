import COpenSSL
package import Foundation

/// AES-256-GCM under one key: what keeps endpoint keys and signing keys unreadable in the database.
///
/// A sealed value is `nonce (12 bytes) || ciphertext || tag (16 bytes)`. The context (for instance the id of the row)
/// is authenticated with it, so a sealed value moved to another row does not open.
package struct SecretBox: Sendable {
    private let key: [UInt8]
    private static let nonceLength = 12
    private static let tagLength = 16

    /// `key` is 32 bytes.
    package init(key: Data) throws(IdentityError) {
        guard key.count == 32 else {
            throw IdentityError(.malformedMasterKey, "the key has \(key.count) bytes, not 32")
        }
        self.key = Array(key)
    }

    package func seal(_ plain: Data, context: String) throws(IdentityError) -> Data {
        let nonce = try Digests.random(count: Self.nonceLength)
        let input = Array(plain)
        let aad = Array(context.utf8)
        var output = [UInt8](repeating: 0, count: input.count)
        var tag = [UInt8](repeating: 0, count: Self.tagLength)
        var written: Int32 = 0
        let cipher = EVP_CIPHER_CTX_new()
        defer { EVP_CIPHER_CTX_free(cipher) }
        let done =
            EVP_EncryptInit_ex(cipher, EVP_aes_256_gcm(), nil, key, Array(nonce)) == 1
            && EVP_EncryptUpdate(cipher, nil, &written, aad, Int32(aad.count)) == 1
            && EVP_EncryptUpdate(cipher, &output, &written, input, Int32(input.count)) == 1
            && EVP_EncryptFinal_ex(cipher, nil, &written) == 1
            && EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_GCM_GET_TAG, Int32(Self.tagLength), &tag) == 1
        guard done else { throw .fromOpenSSL(.sealedDataCorrupt, "sealing a secret") }
        return nonce + Data(output) + Data(tag)
    }

    package func open(_ sealed: Data, context: String) throws(IdentityError) -> Data {
        let bytes = Array(sealed)
        guard bytes.count >= Self.nonceLength + Self.tagLength else {
            throw IdentityError(.sealedDataCorrupt, "a sealed value is too short")
        }
        let nonce = Array(bytes.prefix(Self.nonceLength))
        let input = Array(bytes[Self.nonceLength..<(bytes.count - Self.tagLength)])
        var tag = Array(bytes.suffix(Self.tagLength))
        let aad = Array(context.utf8)
        var output = [UInt8](repeating: 0, count: input.count)
        var written: Int32 = 0
        let cipher = EVP_CIPHER_CTX_new()
        defer { EVP_CIPHER_CTX_free(cipher) }
        let done =
            EVP_DecryptInit_ex(cipher, EVP_aes_256_gcm(), nil, key, nonce) == 1
            && EVP_DecryptUpdate(cipher, nil, &written, aad, Int32(aad.count)) == 1
            && EVP_DecryptUpdate(cipher, &output, &written, input, Int32(input.count)) == 1
            && EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_GCM_SET_TAG, Int32(Self.tagLength), &tag) == 1
            && EVP_DecryptFinal_ex(cipher, nil, &written) == 1
        guard done else { throw .fromOpenSSL(.sealedDataCorrupt, "a sealed value does not open with this key") }
        return Data(output)
    }
}
