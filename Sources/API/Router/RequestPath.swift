package import Resources

/// The path of a request, decoded once. Every layer reads this one, so that no two layers can understand one path
/// differently.
package struct RequestPath: Sendable, Equatable {
    /// Decoded; none is empty, and none holds a slash or a control character.
    package let segments: [String]

    /// Longest decoded segment, in bytes: above every limit of a name.
    private static let segmentLimit = 1_024
    private static let countLimit = 64

    /// Slashes in a row count as one: clients put ids behind `/`, and leave parts of a path empty.
    ///
    /// - Throws: `InvalidRequestUri` for dot segments, broken escapes, escapes of unreserved characters
    ///   (RFC 3986 §2.3: the plain character says the same), of slashes and of control characters, and what is no UTF-8.
    package init(_ raw: some StringProtocol) throws(ARMError) {
        guard raw.utf8.first == UInt8(ascii: "/") else {
            throw Self.invalid("it must begin with a slash")
        }
        let parts = raw.utf8.split(separator: UInt8(ascii: "/"))
        guard parts.count <= Self.countLimit else {
            throw Self.invalid("it has more than \(Self.countLimit) segments")
        }
        var segments: [String] = []
        for part in parts { segments.append(try Self.decode(part)) }
        self.segments = segments
    }

    private static func decode(_ part: some Collection<UInt8>) throws(ARMError) -> String {
        let raw = Array(part)
        for index in raw.indices where raw[index] == UInt8(ascii: "%") {
            guard let byte = PercentEncoding.escapedByte(raw[index...]) else { throw invalid("an escape is broken") }
            guard !PercentEncoding.isUnreserved(byte), byte != UInt8(ascii: "/"), byte != UInt8(ascii: "\\") else {
                throw invalid(
                    "letters, digits, '-', '.', '_', '~', slashes and backslashes may not be escaped")
            }
        }
        guard let text = PercentEncoding.decode(raw) else { throw invalid("it is not UTF-8") }
        guard text.unicodeScalars.allSatisfy({ !isControl($0) }) else {
            throw invalid("it holds control characters")
        }
        guard text != ".", text != "..", !text.utf8.contains(UInt8(ascii: "\\")) else {
            throw invalid("'.', '..' and backslashes have no meaning here")
        }
        guard text.utf8.count <= segmentLimit else {
            throw invalid("a segment is longer than \(segmentLimit) bytes")
        }
        return text
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.generalCategory == .control || scalar.properties.generalCategory == .format
    }

    private static func invalid(_ rule: String) -> ARMError {
        ARMError(.invalidRequestURI, "The path of the request is not valid: \(rule).")
    }
}
