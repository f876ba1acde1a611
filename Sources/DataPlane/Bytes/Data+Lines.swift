import Foundation
import Glibc

extension Data {
    /// Where the lines that are not empty stand, as offsets from the start, without their line feeds.
    var lineRanges: [Range<Int>] {
        var ranges: [Range<Int>] = []
        withUnsafeBytes { bytes in
            var start = 0
            while start < bytes.count, let base = bytes.baseAddress {
                let found = memchr(base + start, 0x0A, bytes.count - start)
                let end = found.map { base.distance(to: UnsafeRawPointer($0)) } ?? bytes.count
                if end > start { ranges.append(start..<end) }
                start = end + 1
            }
        }
        return ranges
    }
}
