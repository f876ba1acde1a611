import Foundation

/// A block's identifier: Base64 of 1 to 64 bytes; all blocks of one blob have identifiers of the same length.
package struct BlockID: Hashable, Sendable, Codable {
    /// As on the wire.
    package let base64: String

    /// - Throws: `invalidBlockID`.
    package init(base64: String) throws(ArtifactError) {
        guard let data = Data(base64Encoded: base64), (1...64).contains(data.count) else {
            throw ArtifactError(.invalidBlockID, "A block ID is Base64 of 1 to 64 bytes.")
        }
        // Encoded again, so that one identifier has one spelling.
        self.base64 = data.base64EncodedString()
    }

    /// The file the block waits in: hexadecimal, so safe by construction and in the order of the bytes.
    var fileName: String { Hexadecimal.encode(Data(base64Encoded: base64) ?? Data()) }

    init?(fileName: String) {
        guard let bytes = Hexadecimal.decode(fileName), (1...64).contains(bytes.count) else { return nil }
        base64 = Data(bytes).base64EncodedString()
    }

    package init(from decoder: any Decoder) throws {
        try self.init(base64: decoder.singleValueContainer().decode(String.self))
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(base64)
    }
}
