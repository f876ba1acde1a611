import Artifacts
import HTTPTypes

/// What a path-style URL names: `/<account segment>[/<container>[/<blob>]]`.
///
/// Taken from the path as sent, decoded exactly once and otherwise as it is: `//`, `%2F`, `..` and `%25` in a blob's
/// name are part of the name.
struct BlobAddress: Equatable {
    var container: ContainerName?
    var blob: BlobName?

    /// - Throws: `InvalidUri`, `InvalidResourceName`.
    init(path: some StringProtocol) throws {
        let parts = path.utf8.dropFirst().split(
            separator: UInt8(ascii: "/"), maxSplits: 2, omittingEmptySubsequences: false)
        if parts.count > 1, !parts[1].isEmpty { container = try ContainerName(Self.decode(parts[1])) }
        guard parts.count > 2, !parts[2].isEmpty else { return }
        guard container != nil else { throw Self.invalid }
        blob = try BlobName(Self.decode(parts[2]))
    }

    static let invalid = StorageFailure(.badRequest, "InvalidUri", "The path of the request is not valid.")

    /// Whether the path's first segment is the account's name, alone or with `.blob.` and more after it.
    static func isAccount(_ path: some StringProtocol, _ account: String) -> Bool {
        let segment = path.dropFirst().prefix { $0 != "/" }
        return segment == account || segment.hasPrefix("\(account).blob.")
    }

    private static func decode(_ text: some Collection<UInt8>) throws -> String {
        guard let decoded = PercentEncoding.decode(text) else { throw invalid }
        return decoded
    }
}
