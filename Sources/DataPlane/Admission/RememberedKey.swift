/// The key that a connection last proved itself with, so its next requests cost a comparison and no digest.
///
/// It counts only for the key ring that admitted it: when an endpoint's keys change its ring is another one.
struct RememberedKey {
    private static var limit: Int { 128 }

    private var bytes = InlineArray<128, UInt8>(repeating: 0)
    private var count = 0
    private var ring: KeyRing?

    mutating func remember(_ key: Bytes, for ring: KeyRing) {
        guard key.count <= Self.limit else { return forget() }
        for index in 0..<key.count { bytes[index] = key[index] }
        count = key.count
        self.ring = ring
    }

    mutating func forget() {
        ring = nil
        count = 0
    }

    /// Compares in a time that depends on the length alone.
    @inline(__always)
    func holds(_ key: Bytes, for ring: KeyRing) -> Bool {
        guard self.ring === ring, count == key.count else { return false }
        return bytes.span.extracting(0..<count).withBytes { $0.isEqualInConstantTime(to: key) }
    }
}
