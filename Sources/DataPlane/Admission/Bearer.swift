/// The credential in `Authorization: Bearer …`, RFC 6750 section 2.1.
enum Bearer {
    /// The key or token in the field's value; `nil` for another scheme or none.
    static func credential(in value: Bytes) -> Bytes? {
        guard value.count > 7, value.run(ByteRun(start: 0, count: 7)).matches("bearer ") else { return nil }
        var start = 7
        while start < value.count, value.at(start) == 0x20 { start += 1 }
        guard start < value.count else { return nil }
        return value.run(ByteRun(start: start, count: value.count - start))
    }
}
