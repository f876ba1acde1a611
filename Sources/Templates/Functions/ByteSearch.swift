/// Finds bytes in others, in a time that grows with both together and not with their product (Knuth, Morris, Pratt).
struct ByteSearch {
    let part: [UInt8]
    /// For each place the longest beginning that also ends there.
    private let borders: [Int]

    /// `part` is not empty.
    init(_ part: [UInt8]) {
        self.part = part
        var borders = [Int](repeating: 0, count: part.count)
        var matched = 0
        for place in part.indices.dropFirst() {
            while matched > 0, part[place] != part[matched] { matched = borders[matched - 1] }
            if part[place] == part[matched] { matched += 1 }
            borders[place] = matched
        }
        self.borders = borders
    }

    func first(in bytes: [UInt8], from start: Int = 0) -> Int? {
        bytes.withUnsafeBufferPointer { bytes in
            var matched = 0
            var place = start
            while place < bytes.count {
                let byte = bytes[place]
                while matched > 0, byte != part[matched] { matched = borders[matched - 1] }
                place += 1
                guard byte == part[matched] else { continue }
                matched += 1
                if matched == part.count { return place - matched }
            }
            return nil
        }
    }

    static func last(_ part: [UInt8], in bytes: [UInt8]) -> Int? {
        ByteSearch(part.reversed()).first(in: bytes.reversed()).map { bytes.count - $0 - part.count }
    }
}
