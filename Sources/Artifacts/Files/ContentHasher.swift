import COpenSSL
import Foundation

/// SHA-256 and MD5 of a stream of bytes.
final class ContentHasher {
    private let contexts: [OpaquePointer]

    init() throws(ArtifactError) {
        var contexts: [OpaquePointer] = []
        for algorithm in [EVP_sha256(), EVP_md5()] {
            guard let context = EVP_MD_CTX_new() else { break }
            contexts.append(context)
            guard EVP_DigestInit_ex(context, algorithm, nil) == 1 else { break }
        }
        self.contexts = contexts
        guard contexts.count == 2 else { throw Self.failure }
    }

    deinit {
        for context in contexts { EVP_MD_CTX_free(context) }
    }

    func update(_ bytes: UnsafeRawBufferPointer) throws(ArtifactError) {
        for context in contexts {
            guard EVP_DigestUpdate(context, bytes.baseAddress, bytes.count) == 1 else { throw Self.failure }
        }
    }

    /// Ends the computation; call once.
    func finish() throws(ArtifactError) -> (sha256: [UInt8], md5: [UInt8]) {
        let digests = try contexts.map { context throws(ArtifactError) -> [UInt8] in
            var digest = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
            var length: UInt32 = 0
            guard EVP_DigestFinal_ex(context, &digest, &length) == 1 else { throw Self.failure }
            return Array(digest.prefix(Int(length)))
        }
        return (digests[0], digests[1])
    }

    private static var failure: ArtifactError {
        ArtifactError(.inputOutputFailed, "A digest could not be computed.", context: "EVP_Digest")
    }

    static func digests(of bytes: some Sequence<UInt8>) throws(ArtifactError) -> (sha256: [UInt8], md5: [UInt8]) {
        let hasher = try ContentHasher()
        let bytes = Array(bytes)
        // The closure's error type must be named for the typed throw to pass through.
        let outcome = bytes.withUnsafeBytes { raw in
            Result { () throws(ArtifactError) in try hasher.update(raw) }
        }
        try outcome.get()
        return try hasher.finish()
    }
}

/// Digests of small things in memory.
package enum ContentDigest {
    /// Base64, as in a `Content-MD5` header.
    package static func md5(of bytes: some Sequence<UInt8>) throws(ArtifactError) -> String {
        Data(try ContentHasher.digests(of: bytes).md5).base64EncodedString()
    }
}
