/// Requests of one loop that wait for a replica: first come, first served for every key, in constant time.
///
/// A member waits in one line at most and may leave from the middle, when its client goes away or its time is up.
package struct WaitingLines<Key: Hashable> {
    private struct Line {
        var first: Int32
        var last: Int32
        var count: Int
    }

    private struct Link {
        var previous: Int32
        var next: Int32
    }

    private static var nobody: Int32 { -1 }

    private var lines: [Key: Line] = [:]
    private var links: [Link] = []

    package init() {}

    package var keys: [Key] { Array(lines.keys) }
    package var isEmpty: Bool { lines.isEmpty }

    package func count(in key: Key) -> Int { lines[key]?.count ?? 0 }
    package func first(in key: Key) -> Int32? { lines[key]?.first }

    package mutating func append(_ member: Int32, to key: Key) {
        while links.count <= Int(member) { links.append(Link(previous: Self.nobody, next: Self.nobody)) }
        guard var line = lines[key] else {
            links[Int(member)] = Link(previous: Self.nobody, next: Self.nobody)
            lines[key] = Line(first: member, last: member, count: 1)
            return
        }
        links[Int(member)] = Link(previous: line.last, next: Self.nobody)
        links[Int(line.last)].next = member
        line.last = member
        line.count += 1
        lines[key] = line
    }

    /// Takes a member out; it must wait in that line.
    package mutating func remove(_ member: Int32, from key: Key) {
        guard var line = lines[key] else { return }
        let link = links[Int(member)]
        if link.previous == Self.nobody { line.first = link.next } else { links[Int(link.previous)].next = link.next }
        if link.next == Self.nobody {
            line.last = link.previous
        } else {
            links[Int(link.next)].previous = link.previous
        }
        line.count -= 1
        lines[key] = line.count == 0 ? nil : line
    }
}
