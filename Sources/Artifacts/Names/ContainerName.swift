/// A container's name: 3 to 63 lower-case letters, digits and single hyphens, neither first nor last a hyphen.
///
/// Such a name is also a safe directory name. Azure's special containers (`$root`, `$web`, `$logs`) are refused.
package struct ContainerName: Hashable, Sendable, Comparable, CustomStringConvertible {
    package let value: String

    /// - Throws: `invalidContainerName`.
    package init(_ value: String) throws(ArtifactError) {
        guard Self.isValid(value) else {
            throw ArtifactError(.invalidContainerName, "'\(value)' is not a container name.")
        }
        self.value = value
    }

    package var description: String { value }

    package static func < (left: ContainerName, right: ContainerName) -> Bool { left.value < right.value }

    private static func isValid(_ value: String) -> Bool {
        let hyphen = UInt8(ascii: "-")
        var previous = hyphen
        for byte in value.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): break
            case hyphen where previous != hyphen: break
            default: return false
            }
            previous = byte
        }
        return previous != hyphen && (3...63).contains(value.utf8.count)
    }
}
