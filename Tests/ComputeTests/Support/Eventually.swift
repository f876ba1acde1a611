import Foundation
import Testing

/// Looks at something until it holds or the deadline passes; the last look decides.
func eventually(
    within limit: Duration = .seconds(20), _ what: String, sourceLocation: SourceLocation = #_sourceLocation,
    _ condition: () async throws -> Bool
) async throws {
    let deadline = ContinuousClock.now + limit
    while ContinuousClock.now < deadline {
        if try await condition() { return }
        try await Task.sleep(for: .milliseconds(10))
    }
    let holds = try await condition()
    #expect(holds, "not within \(limit): \(what)", sourceLocation: sourceLocation)
}

/// A folder that is removed when the body ends.
func withTemporaryFolder<Result>(_ body: (URL) async throws -> Result) async throws -> Result {
    // Short, for sockets may lie in it.
    let name = "sluice-\(UUID().uuidString.prefix(8).lowercased())"
    let folder = FileManager.default.temporaryDirectory.appending(path: name, directoryHint: .isDirectory)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    return try await body(folder)
}

extension URL {
    func write(_ text: String) throws {
        try FileManager.default.createDirectory(at: deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: self)
    }

    var text: String {
        get throws { try String(contentsOf: self, encoding: .utf8) }
    }

    var exists: Bool { FileManager.default.fileExists(atPath: path(percentEncoded: false)) }
}
