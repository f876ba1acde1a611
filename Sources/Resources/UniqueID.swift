package import Foundation

/// An id of our own making: a type for each kind of thing, written as a UUID in lower case.
package protocol UniqueID: Sendable, Hashable, Codable, CustomStringConvertible {
    var value: UUID { get }

    init(_ value: UUID)
}

extension UniqueID {
    /// A new one.
    package init() {
        self.init(UUID())
    }

    package init?(_ text: String) {
        guard let value = UUID(uuidString: text) else { return nil }
        self.init(value)
    }

    package init(from decoder: any Decoder) throws {
        self.init(try decoder.singleValueContainer().decode(UUID.self))
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(value)
    }

    package var description: String { value.uuidString.lowercased() }
}
