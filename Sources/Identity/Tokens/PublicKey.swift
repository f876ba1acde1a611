import COpenSSL
import Foundation

/// An RSA key that signatures are checked with (RSASSA-PKCS1-v1_5 with SHA-256, RFC 7518 §3.3).
///
/// Sendable: the key is never changed after it was read, and OpenSSL allows concurrent use of a key that nobody changes
/// (openssl-threads(7)).
final class PublicKey: @unchecked Sendable {
    private let pointer: OpaquePointer

    /// Nil for a text that is no RSA key in PEM.
    init?(pem: String) {
        guard let key = PrivateKey.read(pem, { PEM_read_bio_PUBKEY($0, nil, nil, nil) }) else {
            ERR_clear_error()
            return nil
        }
        pointer = key
        guard EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA else { return nil }
    }

    deinit {
        EVP_PKEY_free(pointer)
    }

    func verifies(_ signature: Data, of message: Data) -> Bool {
        guard let context = EVP_MD_CTX_new() else { return false }
        defer { EVP_MD_CTX_free(context) }
        let (signature, message) = (Array(signature), Array(message))
        guard EVP_DigestVerifyInit(context, nil, EVP_sha256(), nil, pointer) == 1 else { return false }
        let result = EVP_DigestVerify(context, signature, signature.count, message, message.count)
        // What a wrong signature leaves in the thread's queue would be taken for the cause of a later failure.
        if result != 1 { ERR_clear_error() }
        return result == 1
    }
}
