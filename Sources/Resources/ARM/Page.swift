package import Foundation

/// A page of a list and the position after it; lists are ordered by a time and the id.
package struct Page<Item: Sendable>: Sendable {
    package var items: [Item]
    /// Nil on the last page.
    package var next: PageToken?

    package init(items: [Item], next: PageToken?) {
        (self.items, self.next) = (items, next)
    }

    package func map<Other>(_ transform: (Item) throws -> Other) rethrows -> Page<Other> {
        Page<Other>(items: try items.map(transform), next: next)
    }
}

/// Where a page starts: after this row. Opaque on the wire (`$skip`, `$skipToken`).
package struct PageToken: Sendable, Equatable {
    /// The row's time that the list is ordered by, in microseconds since 1970, exactly as the database keeps it.
    package var microseconds: Int64
    package var id: UUID

    package init(microseconds: Int64, id: UUID) {
        (self.microseconds, self.id) = (microseconds, id)
    }

    /// Nil when the text was not made by `text`.
    package init?(_ text: String) {
        let parts = text.split(separator: "_")
        guard parts.count == 2, let microseconds = Int64(parts[0]), let id = UUID(uuidString: String(parts[1])) else {
            return nil
        }
        self.init(microseconds: microseconds, id: id)
        guard Self.possibleTimes.contains(microseconds), self.text == text else { return nil }
    }

    /// 1970 to 9999: beyond it the database has no time.
    private static let possibleTimes: ClosedRange<Int64> = 0...253_402_300_799_999_999

    package var text: String { "\(microseconds)_\(id.uuidString.lowercased())" }
}

/// What a caller asked of a list.
package struct PageRequest: Sendable, Equatable {
    package var after: PageToken?
    package var count: Int
    package var order: ListOrder

    package static let defaultCount = 100
    package static let maximumCount = 1_000

    package init(after: PageToken? = nil, count: Int = defaultCount, order: ListOrder = .oldestFirst) {
        (self.after, self.order) = (after, order)
        self.count = min(max(1, count), Self.maximumCount)
    }
}
