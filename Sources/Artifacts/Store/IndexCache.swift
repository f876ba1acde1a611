/// The containers' indexes that are open in this process: one for each container, and few at rest.
///
/// The `capacity` used last are kept open. Any other one lives for as long as somebody uses it: its journal is closed
/// with the last reference to it, never under its user. Found again before that, it is the same one, so a container
/// never has two.
struct IndexCache {
    private struct Weak {
        weak var index: ContainerIndex?
    }

    private let capacity: Int
    /// Open ones, at rest or in use; some of those that were closed are still listed.
    private var known: [ContainerName: Weak] = [:]
    /// Kept open, with the time of their last use.
    private var kept: [ContainerName: (index: ContainerIndex, used: UInt64)] = [:]
    private var clock: UInt64 = 0

    init(capacity: Int) {
        self.capacity = capacity
    }

    /// How many are open.
    var openCount: Int { known.values.count { $0.index != nil } }

    /// An open index; with `isKept` it stays open after its use.
    mutating func find(_ name: ContainerName, isKept: Bool) -> ContainerIndex? {
        guard let index = known[name]?.index else { return nil }
        if isKept { keep(index, name) }
        return index
    }

    /// Adds an index, unless the container has one already: answers the one that counts.
    mutating func add(_ index: ContainerIndex, _ name: ContainerName, isKept: Bool) -> ContainerIndex {
        if let present = find(name, isKept: isKept) { return present }
        known[name] = Weak(index: index)
        if isKept { keep(index, name) }
        if known.count > 2 * capacity + 64 { known = known.filter { $0.value.index != nil } }
        return index
    }

    /// Forgets a container that is gone.
    mutating func remove(_ name: ContainerName) {
        known[name] = nil
        kept[name] = nil
    }

    private mutating func keep(_ index: ContainerIndex, _ name: ContainerName) {
        clock += 1
        kept[name] = (index, clock)
        guard kept.count > capacity, let oldest = kept.min(by: { $0.value.used < $1.value.used }) else { return }
        kept[oldest.key] = nil
    }
}
