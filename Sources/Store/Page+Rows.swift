import Foundation
import Resources

extension Page {
    /// A page from up to `count + 1` rows: the row too many says that another page follows.
    init(_ rows: [Item], count: Int, position: (Item) -> (Date, UUID)) {
        let items = Array(rows.prefix(count))
        guard rows.count > count, let last = items.last else {
            self.init(items: items, next: nil)
            return
        }
        let (createdAt, id) = position(last)
        let microseconds = Int64((createdAt.timeIntervalSince1970 * 1_000_000).rounded())
        self.init(items: items, next: PageToken(createdAtMicroseconds: microseconds, id: id))
    }
}
