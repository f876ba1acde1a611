import Artifacts
import HTTPTypes

/// What a path-style URL names: `/<account segment>[/<container>[/<blob>]]`.
///
/// Taken from the path as sent, decoded exactly once and otherwise as it is: `//`, `%2F`, `..` and `%25` in a blob's
/// name are part of the name.
struct BlobAddress: Equatable {
    var container: ContainerName?
    var blob: BlobName?

    /// - Throws: `InvalidUri`, `InvalidResourceName`.
    init(path: some StringProtocol) throws {
        let parts = path.utf8.dropFirst().split(
            separator: UInt8(ascii: "/"), maxSplits: 2, omittingEmptySubsequences: false)
        if parts.count > 1, !parts[1].isEmpty { container = try ContainerName(Self.decode(parts[1])) }
        guard parts.count > 2, !parts[2].isEmpty else { return }
        guard container != nil else { throw Self.invalid }
        blob = try BlobName(Self.decode(parts[2]))
    }

    static let invalid = StorageFailure(.badRequest, "InvalidUri", "The path of the request is not valid.")

    /// Whether the path's first segment is the account's name, alone or with `.blob.` and more after it.
    static func isAccount(_ path: some StringProtocol, _ account: String) -> Bool {
        let segment = path.dropFirst().prefix { $0 != "/" }
        return segment == account || segment.hasPrefix("\(account).blob.")
    }

    private static func decode(_ text: some Collection<UInt8>) throws -> String {
        guard let decoded = PercentEncoding.decode(text) else { throw invalid }
        return decoded
    }
}

enum PercentEncoding {
    /// `nil` for a broken escape or what is not UTF-8. A plus sign stays one.
    static func decode(_ text: some Collection<UInt8>) -> String? {
        var bytes: [UInt8] = []
        var rest = Array(text)[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let high = rest.popFirst().flatMap(digit), let low = rest.popFirst().flatMap(digit) else {
                return nil
            }
            bytes.append(high << 4 | low)
        }
        return String(validating: bytes, as: UTF8.self)
    }

    /// All but unreserved characters and slashes as escapes.
    static func encode(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"), UInt8(ascii: "/"):
                bytes.append(byte)
            default: bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
