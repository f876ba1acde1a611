/// A blob's name: 1 to 1024 characters of any Unicode but NUL.
///
/// Names are compared by their UTF-8 bytes, never as Swift strings: "é" in composed and decomposed form are two
/// names, and the order of a listing is the order of the bytes. A name never becomes part of a path inside the store.
package struct BlobName: Sendable, CustomStringConvertible {
    package static let maximumLength = 1024

    package let value: String

    /// - Throws: `invalidBlobName`.
    package init(_ value: String) throws(ArtifactError) {
        guard !value.isEmpty, value.utf16.count <= Self.maximumLength, !value.utf8.contains(0) else {
            throw ArtifactError(
                .invalidBlobName, "A blob name has 1 to \(Self.maximumLength) characters, none of them NUL.")
        }
        self.value = value
    }

    /// For a bound of a search, which may be empty or longer than a name may be.
    init(unchecked value: String) { self.value = value }

    package var description: String { value }

    /// The part after the last slash; empty for a name that ends in one.
    package var lastComponent: String {
        String(decoding: value.utf8.reversed().prefix { $0 != UInt8(ascii: "/") }.reversed(), as: UTF8.self)
    }

    func hasPrefix(_ prefix: String) -> Bool { value.utf8.starts(with: prefix.utf8) }
}

extension BlobName: Hashable, Comparable {
    package static func == (left: BlobName, right: BlobName) -> Bool {
        left.value.utf8.elementsEqual(right.value.utf8)
    }

    package static func < (left: BlobName, right: BlobName) -> Bool {
        left.value.utf8.lexicographicallyPrecedes(right.value.utf8)
    }

    package func hash(into hasher: inout Hasher) {
        var value = value
        value.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }
}

extension BlobName: Codable {
    package init(from decoder: any Decoder) throws {
        try self.init(decoder.singleValueContainer().decode(String.self))
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(value)
    }
}
