import Foundation
import Postgres
import Resources

extension SQL.Interpolation {
    /// The end of a list's statement, after its conditions: rows behind the page's start, in its order, one more than the page holds.
    mutating func appendInterpolation(page: PageRequest, of table: String) {
        let order = page.order
        let time = "\(table).\(order.time.rawValue)"
        if let after = page.after {
            appendLiteral("AND (\(time), \(table).id) \(order.newestFirst ? "<" : ">") ('epoch'::timestamptz + ")
            appendInterpolation(after.microseconds)
            appendLiteral("::bigint * interval '1 microsecond', ")
            appendInterpolation(after.id)
            appendLiteral("::uuid) ")
        }
        let direction = order.newestFirst ? "DESC" : "ASC"
        appendLiteral("ORDER BY \(time) \(direction), \(table).id \(direction) LIMIT ")
        appendInterpolation(page.count + 1)
    }

    /// Rows whose object of texts in `column` holds all that `filter` names; everything without a filter.
    mutating func appendInterpolation(_ filter: TagFilter?, in column: String) {
        for (name, value) in filter?.pairs ?? [] {
            appendLiteral("AND (\(column)) ")
            if let value {
                appendLiteral("@> jsonb_build_object(")
                appendInterpolation(name)
                appendLiteral("::text, ")
                appendInterpolation(value)
                appendLiteral("::text) ")
            } else {
                appendLiteral("? ")
                appendInterpolation(name)
                appendLiteral("::text ")
            }
        }
    }
}

extension Page {
    /// A page from up to `count + 1` rows: the row too many says that another page follows.
    init(_ rows: [Item], _ request: PageRequest, position: (Item) -> (audit: AuditTrail, id: UUID)) {
        self.init(
            rows, request,
            time: { request.order.time == .created ? position($0).audit.createdAt : position($0).audit.lastModifiedAt },
            id: { position($0).id })
    }

    /// The same for rows without a trail; `time` is the column that orders them.
    init(_ rows: [Item], _ request: PageRequest, time: (Item) -> Date, id: (Item) -> UUID) {
        let items = Array(rows.prefix(request.count))
        guard rows.count > request.count, let last = items.last else {
            self.init(items: items, next: nil)
            return
        }
        let microseconds = Int64((time(last).timeIntervalSince1970 * 1_000_000).rounded())
        self.init(items: items, next: PageToken(microseconds: microseconds, id: id(last)))
    }
}
