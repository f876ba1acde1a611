import Foundation

/// One page of a container's blobs in the order of their names' bytes.
package struct BlobListing: Sendable, Equatable {
    package struct Query: Sendable, Equatable {
        package static let maximumLimit = 5000

        package var prefix: String
        /// Names with this text after the prefix are gathered into one `prefix` item; empty for a flat listing.
        package var delimiter: String
        package var limit: Int
        var start: BlobName?

        /// - Parameter marker: `nextMarker` of the page before; empty for the first page.
        /// - Throws: `invalidMarker`.
        package init(
            prefix: String = "", delimiter: String = "", marker: String = "", limit: Int = maximumLimit
        ) throws(ArtifactError) {
            (self.prefix, self.delimiter) = (prefix, delimiter)
            self.limit = min(max(limit, 1), Self.maximumLimit)
            guard !marker.isEmpty else { return }
            guard let bytes = Hexadecimal.decode(marker), let name = String(validating: bytes, as: UTF8.self) else {
                throw ArtifactError(.invalidMarker, "The marker was not issued by this store.")
            }
            start = BlobName(unchecked: name)
        }
    }

    package enum Item: Sendable, Equatable {
        case blob(BlobRecord)
        case prefix(String)
    }

    package internal(set) var items: [Item] = []
    var next: BlobName?

    /// Names the page that follows; `nil` on the last one. Opaque, and plain ASCII whatever the names are.
    package var nextMarker: String? { next.map { Hexadecimal.encode($0.value.utf8) } }
}
