/// Choices made by bytes, so that a fuzzer can change them one by one; without bytes each choice is the first.
struct ByteSource {
    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    var isEmpty: Bool { position >= bytes.count }

    mutating func byte() -> UInt8 {
        guard position < bytes.count else { return 0 }
        defer { position += 1 }
        return bytes[position]
    }

    mutating func below(_ count: Int) -> Int {
        count <= 256 ? Int(byte()) % count : (Int(byte()) << 8 | Int(byte())) % count
    }

    mutating func one<Element>(of choices: [Element]) -> Element {
        choices[below(choices.count)]
    }

    /// True one time in `count`, never without bytes.
    mutating func chance(in count: Int) -> Bool {
        !isEmpty && below(count) == count - 1
    }
}
