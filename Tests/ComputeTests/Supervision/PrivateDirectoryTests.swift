import Foundation
import Glibc
import Testing

@testable import Compute

@Suite struct PrivateDirectoryTests {
    @Test func `a directory is made once and taken again`() async throws {
        try await withTemporaryFolder { folder in
            let place = folder.appending(path: "p", directoryHint: .isDirectory)
            for _ in 0..<2 { try PrivateDirectory.prepare(place) }
            let mode = try FileManager.default.attributesOfItem(atPath: place.path)[.posixPermissions] as? Int
            #expect(mode == 0o700)
        }
    }

    @Test func `what somebody else may have made is refused`() async throws {
        try await withTemporaryFolder { folder in
            let open = folder.appending(path: "open")
            try FileManager.default.createDirectory(
                at: open, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o755])
            let link = folder.appending(path: "link")
            try FileManager.default.createSymbolicLink(at: link, withDestinationURL: folder)
            let file = folder.appending(path: "file")
            try file.write("")
            for place in [open, link, file, folder.appending(path: "no/where")] {
                #expect(throws: PrivateDirectory.Failure.self) { try PrivateDirectory.prepare(place) }
            }
        }
    }

    @Test(.enabled(if: geteuid() == 0)) func `one of another account is refused, and one for it is given`() async throws
    {
        try await withTemporaryFolder { folder in
            let account = ChildLaunch.Account(user: 54_321, group: 54_321)
            let given = folder.appending(path: "given")
            for _ in 0..<2 { try PrivateDirectory.prepare(given, owner: account) }
            #expect(throws: PrivateDirectory.Failure.self) { try PrivateDirectory.prepare(given) }
        }
    }
}
