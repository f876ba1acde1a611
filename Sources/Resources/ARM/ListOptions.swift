/// The order of a list; ties are broken by the row's id.
package struct ListOrder: Sendable, Equatable {
    package enum Time: String, Sendable {
        case created = "created_at"
        case modified = "modified_at"
    }

    package var time: Time
    package var newestFirst: Bool

    package static let oldestFirst = ListOrder(time: .created, newestFirst: false)

    package init(time: Time, newestFirst: Bool) {
        (self.time, self.newestFirst) = (time, newestFirst)
    }

    /// Reads `orderBy` and `$orderBy`: `CreatedAtDesc`, `UpdatedAtAsc`, `createdtime desc`, `modifiedTime asc`; nil for
    /// anything else.
    package init?(_ text: String) {
        let word = text.lowercased().filter { $0 != " " && $0 != "+" }
        let times: [(String, Time)] = [("created", .created), ("updated", .modified), ("modified", .modified)]
        guard let (prefix, time) = times.first(where: { word.hasPrefix($0.0) }) else { return nil }
        var rest = word.dropFirst(prefix.count)
        for suffix in ["at", "time"] where rest.hasPrefix(suffix) { rest = rest.dropFirst(suffix.count) }
        guard ["", "asc", "desc"].contains(rest) else { return nil }
        self.init(time: time, newestFirst: rest == "desc")
    }
}

/// Tags or properties that an entry of a list must have: `name` or `name=value`, separated by commas.
package struct TagFilter: Sendable, Equatable {
    /// A nil value is met by any.
    package var pairs: [(name: String, value: String?)]

    /// Nil for a text without a name before an equals sign.
    package init?(_ text: String) {
        pairs = []
        for part in text.split(separator: ",") {
            let words = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard !words[0].isEmpty else { return nil }
            pairs.append((words[0], words.count > 1 ? words[1] : nil))
        }
    }

    package static func == (one: TagFilter, other: TagFilter) -> Bool {
        one.pairs.elementsEqual(other.pairs) { $0 == $1 }
    }
}
