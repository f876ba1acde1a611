/// A text of at most `capacity` bytes, kept in place.
struct ShortText<let capacity: Int> {
    private var bytes = InlineArray<capacity, UInt8>(repeating: 0)
    private(set) var count = 0

    init() {}

    mutating func removeAll() { count = 0 }

    /// Appends a byte; false if there is no room.
    @discardableResult
    mutating func append(_ byte: UInt8) -> Bool {
        guard count < capacity else { return false }
        bytes[count] = byte
        count += 1
        return true
    }

    /// Writes the text to `queue`, which must have room.
    func write(to queue: inout ByteQueue) {
        queue.append(bytes.span, count: count)
    }

    var text: String {
        var characters: [UInt8] = []
        for index in 0..<count { characters.append(bytes[index]) }
        return String(decoding: characters, as: UTF8.self)
    }
}
