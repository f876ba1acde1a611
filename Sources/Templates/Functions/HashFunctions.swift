import COpenSSL
package import Foundation
import Resources

/// What the evaluation of parameters' defaults may draw on, once: afterwards the values are fixed.
package struct BindingInputs: Sendable {
    package var now: Date
    package var newGuid: @Sendable () -> UUID

    package init(now: Date, newGuid: @escaping @Sendable () -> UUID) {
        (self.now, self.newGuid) = (now, newGuid)
    }
}

/// Names that are made of other values (`arm-templates.md` §8.1).
enum HashFunctions {
    static func evaluate(_ call: FunctionCall) throws(EvaluationFailure) -> JSONValue {
        switch call.function {
        case .uniqueString: return .string(uniqueString(try joined(call)))
        case .guid: return .string(guid(try joined(call)))
        case .newGuid:
            guard call.frame.place == .parameterDefault, let inputs = call.evaluator.inputs else {
                throw call.fail("is allowed only in the default value of a parameter")
            }
            return .string(inputs.newGuid().uuidString.lowercased())
        default: throw call.isOfAnotherGroup
        }
    }

    private static func joined(_ call: FunctionCall) throws(EvaluationFailure) -> String {
        var parts: [String] = []
        for (index, value) in try call.values().enumerated() {
            guard let text = TextFunctions.scalar(value) else { throw call.mismatch(index, "a string", value) }
            try call.spend(text.utf8.count / 4)
            parts.append(text)
        }
        return parts.joined(separator: "-")
    }

    /// 13 characters of `a`–`z`, `2`–`7`: five bits each from the top, the last one four.
    static func uniqueString(_ text: String) -> String {
        let alphabet = Array("abcdefghijklmnopqrstuvwxyz234567".utf8)
        let hash = murmur(Array(text.utf8))
        var characters: [UInt8] = []
        for shift in stride(from: 59, through: 4, by: -5) {
            characters.append(alphabet[Int(hash >> UInt64(shift) & 31)])
        }
        characters.append(alphabet[Int((hash & 15) << 1)])
        return String(decoding: characters, as: UTF8.self)
    }

    /// MurmurHash3 in its form of two lanes of 32 bits, seed 0.
    private static func murmur(_ bytes: [UInt8]) -> UInt64 {
        let (c1, c2): (UInt32, UInt32) = (0x239b_961b, 0xab0e_9789)
        func word(_ start: Int, _ count: Int) -> UInt32 {
            var word: UInt32 = 0
            for place in 0..<count { word |= UInt32(bytes[start + place]) << UInt32(8 * place) }
            return word
        }
        func rotated(_ value: UInt32, _ count: UInt32) -> UInt32 { value << count | value >> (32 - count) }
        func mixed(_ value: UInt32) -> UInt32 {
            var value = value
            value = (value ^ value >> 16) &* 0x85eb_ca6b
            value = (value ^ value >> 13) &* 0xc2b2_ae35
            return value ^ value >> 16
        }
        var (h1, h2): (UInt32, UInt32) = (0, 0)
        let whole = bytes.count / 8 * 8
        for start in stride(from: 0, to: whole, by: 8) {
            h1 ^= rotated(word(start, 4) &* c1, 15) &* c2
            h1 = (rotated(h1, 19) &+ h2) &* 5 &+ 0x561c_cd1b
            h2 ^= rotated(word(start + 4, 4) &* c2, 17) &* c1
            h2 = (rotated(h2, 13) &+ h1) &* 5 &+ 0x0bca_a747
        }
        let tail = bytes.count - whole
        if tail > 4 { h2 ^= rotated(word(whole + 4, tail - 4) &* c2, 17) &* c1 }
        if tail > 0 { h1 ^= rotated(word(whole, min(tail, 4)) &* c1, 15) &* c2 }
        h1 ^= UInt32(truncatingIfNeeded: bytes.count)
        h2 ^= UInt32(truncatingIfNeeded: bytes.count)
        h1 &+= h2
        h2 &+= h1
        h1 = mixed(h1)
        h2 = mixed(h2)
        h1 &+= h2
        h2 &+= h1
        return UInt64(h2) << 32 | UInt64(h1)
    }

    private static let namespace: [UInt8] = [
        0x11, 0xfb, 0x06, 0xfb, 0x71, 0x2d, 0x4d, 0xdd, 0x98, 0xc7, 0xe7, 0x1b, 0xbd, 0x58, 0x88, 0x30,
    ]

    /// A UUID of version 5 (RFC 9562 §5.5).
    static func guid(_ name: String) -> String {
        let input = namespace + Array(name.utf8)
        var digest = [UInt8](repeating: 0, count: Int(SHA_DIGEST_LENGTH))
        _ = SHA1(input, input.count, &digest)
        digest[6] = digest[6] & 0x0f | 0x50
        digest[8] = digest[8] & 0x3f | 0x80
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        for (index, byte) in digest.prefix(16).enumerated() {
            if [4, 6, 8, 10].contains(index) { text.append(UInt8(ascii: "-")) }
            text += [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
        }
        return String(decoding: text, as: UTF8.self)
    }
}
