import COpenSSL
import Foundation

/// A SHA-256 digest, FIPS 180-4.
struct Digest: Hashable, Sendable {
    private var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)

    init(of bytes: Bytes) {
        withUnsafeMutableBytes(of: &words) { digest in
            // The four words are the 32 bytes that SHA256 writes.
            _ = SHA256(bytes.baseAddress, bytes.count, digest.bindMemory(to: UInt8.self).baseAddress)
        }
    }

    /// - Parameter range: offsets from the start of `data`.
    init(of data: Data, _ range: Range<Int>) {
        self = data.withUnsafeBytes { bytes in
            let part = bytes.bindMemory(to: UInt8.self)[range]
            return Digest(of: Bytes(start: UnsafeBufferPointer(rebasing: part).baseAddress, count: part.count))
        }
    }

    init(of text: String) {
        self = Array(text.utf8).withBytes { Digest(of: $0) }
    }

    /// Reads 64 hexadecimal digits.
    init?(hexadecimal text: String) {
        let digits = Array(text.utf8)
        guard digits.count == 64 else { return nil }
        var bytes: [UInt8] = []
        for index in stride(from: 0, to: 64, by: 2) {
            guard let high = ByteClass.hexadecimal(digits[index]), let low = ByteClass.hexadecimal(digits[index + 1])
            else { return nil }
            bytes.append(high << 4 | low)
        }
        withUnsafeMutableBytes(of: &words) { $0.copyBytes(from: bytes) }
    }

    /// The 32 bytes.
    var bytes: [UInt8] { withUnsafeBytes(of: words) { Array($0) } }

    /// The first 128 bits.
    var leading: (UInt64, UInt64) { (words.0, words.1) }

    /// Compares in a time that does not depend on where the digests differ.
    func isEqualInConstantTime(to other: Digest) -> Bool {
        let difference =
            (words.0 ^ other.words.0) | (words.1 ^ other.words.1) | (words.2 ^ other.words.2)
            | (words.3 ^ other.words.3)
        return difference == 0
    }

    static func == (left: Digest, right: Digest) -> Bool { left.isEqualInConstantTime(to: right) }

    func hash(into hasher: inout Hasher) {
        hasher.combine(words.0)
        hasher.combine(words.1)
    }
}
