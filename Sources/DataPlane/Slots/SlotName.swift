import Foundation

/// Names a replica or a deployment in a slot table: 128 bits of a SHA-256 digest, alike in every process.
struct SlotName: Hashable, Sendable {
    let high: UInt64
    let low: UInt64

    init(high: UInt64, low: UInt64) {
        (self.high, self.low) = (high, low)
    }

    /// All bits as 32 hexadecimal digits.
    var hexadecimal: String {
        [high, low].map { word in
            let digits = String(word, radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
    }

    /// - Parameter parts: texts without zero bytes.
    init(_ parts: String...) {
        let leading = Digest(of: parts.joined(separator: "\0")).leading
        // Zero is the name of nobody.
        self.init(high: leading.0 | 1, low: leading.1)
    }
}
