import Foundation
import Testing

@testable import Compute

/// With shell scripts in place of Pythons and of `uv`.
@Suite(.timeLimit(.minutes(1)))
struct InterpretersTests {
    private func program(_ name: String, in folder: URL, _ script: String) throws -> String {
        let file = folder.appending(path: name)
        try file.write("#!/bin/sh\n\(script)\n")
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: file.path())
        return file.path()
    }

    private func interpreters(
        _ pythons: [String], uv: String = "/no/such/uv", downloads: Bool = false, in folder: URL
    ) -> Interpreters {
        var configuration = LocalProcessConfiguration(dataDirectory: folder.appending(path: "data"))
        configuration.pythons = pythons
        configuration.uv = uv
        configuration.downloadsPython = downloads
        return Interpreters(configuration: configuration, installer: Installer(configuration: configuration))
    }

    private func constraint(_ text: String) throws -> VersionConstraint {
        try CondaFile("dependencies: [\"\(text)\"]").python
    }

    @Test func `the first Python that will do is taken, and one that does not run is passed over`() async throws {
        try await withTemporaryFolder { folder in
            let pythons = [
                try program("a", in: folder, "echo 3.11.2"), try program("broken", in: folder, "exit 127"),
                try program("b", in: folder, "echo 3.12.4"), try program("c", in: folder, "echo 3.12.9"),
            ]
            let interpreters = interpreters(pythons, in: folder)
            #expect(try await interpreters.find(constraint("python"), for: "x").version == "3.11.2")
            let other = try await interpreters.find(constraint("python=3.12"), for: "x")
            #expect(other == Interpreter(path: pythons[2], version: "3.12.4"))
            let error = await #expect(throws: ComputeError.self) {
                try await interpreters.find(constraint("python=3.9"), for: "environment e:1")
            }
            #expect(
                error?.message
                    == "environment e:1 asks for python==3.9.*; this host has Python 3.11.2, 3.12.4, 3.12.9, "
                    + "and may not download another")
        }
    }

    @Test func `a Python that is not here is downloaded once`() async throws {
        try await withTemporaryFolder { folder in
            let here = try program("here", in: folder, "echo 3.11.2")
            let fetched = folder.appending(path: "fetched").path()
            let uv = try program(
                "uv", in: folder,
                """
                case "$2" in
                find) if [ -x "\(fetched)" ]; then echo "\(fetched)"; else echo none >&2; exit 2; fi;;
                install) echo "$4" >> "\(folder.path())/requests"
                    printf '#!/bin/sh\\necho 3.12.4\\n' > "\(fetched)"; chmod +x "\(fetched)";;
                esac
                """)
            let interpreters = interpreters([here], uv: uv, downloads: true, in: folder)
            for _ in 0..<2 {
                let found = try await interpreters.find(constraint("python=3.12.1"), for: "x")
                #expect(found == Interpreter(path: fetched, version: "3.12.4"))
            }
            #expect(try folder.appending(path: "requests").text == "==3.12.*\n")
        }
    }

    @Test func `a download that fails says what is missing, with the installer's words`() async throws {
        try await withTemporaryFolder { folder in
            let here = try program("here", in: folder, "echo 3.11.2")
            let uv = try program("uv", in: folder, "echo no network >&2; exit 2")
            let interpreters = interpreters([here], uv: uv, downloads: true, in: folder)
            let error = await #expect(throws: ComputeError.self) {
                try await interpreters.find(constraint("python>=3.12"), for: "environment e:1")
            }
            #expect(error?.message.contains("asks for python>=3.12; this host has Python 3.11.2, and another") == true)
            #expect(error?.log.contains("no network") == true)
        }
    }
}
