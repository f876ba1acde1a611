import Foundation

/// One line of a container's journal: exactly one of the members is set.
struct IndexEntry: Codable {
    var container: ContainerRecord?
    var put: BlobRecord?
    var delete: BlobName?

    private static let newline = UInt8(ascii: "\n")

    /// The entry as JSON with a newline at its end and none within.
    func line() throws(ArtifactError) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.dateEncodingStrategy = .secondsSince1970
        do {
            return Array(try encoder.encode(self)) + [Self.newline]
        } catch {
            throw ArtifactError(.inputOutputFailed, "The index entry could not be written.", context: "\(error)")
        }
    }

    /// The entries of all complete lines, and the number of bytes they take. What follows the last newline is a
    /// write under way or broken off.
    static func entries(in bytes: [UInt8]) throws(ArtifactError) -> (entries: [IndexEntry], consumed: Int) {
        guard let last = bytes.lastIndex(of: newline) else { return ([], 0) }
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .secondsSince1970
        do {
            let entries = try bytes[...last].split(separator: newline).map {
                try decoder.decode(IndexEntry.self, from: Data($0))
            }
            return (entries, last + 1)
        } catch {
            throw ArtifactError(.indexDamaged, "The container's index is damaged.", context: "\(error)")
        }
    }
}
