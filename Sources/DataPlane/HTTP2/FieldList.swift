/// The fields of a header section, in the order they go out; names are in lower case.
struct FieldList {
    /// Every name and value, one behind the other.
    private(set) var bytes: [UInt8] = []
    private(set) var sizes: [(name: Int, value: Int)] = []

    var isEmpty: Bool { sizes.isEmpty }

    mutating func append(_ name: Bytes, _ value: Bytes) {
        for byte in name { bytes.append(ByteClass.lowercased(byte)) }
        bytes.append(copying: value)
        sizes.append((name.count, value.count))
    }

    mutating func append(_ name: StaticString, _ value: Bytes) {
        append(Bytes(name), value)
    }

    mutating func append(_ name: StaticString, _ value: StaticString) {
        append(name, Bytes(value))
    }

    mutating func append(_ name: StaticString, number: Int) {
        Array("\(number)".utf8).withBytes { append(name, $0) }
    }
}
