import Foundation
import Logging
import Resources
import Testing

@testable import Compute

/// With the real installer, which takes packages from PyPI.
@Suite(.timeLimit(.minutes(3)))
struct InstallerTests {
    private func build(_ pip: [String]) async throws -> (folder: URL, notes: [String]) {
        let builder = EnvironmentBuilder(
            configuration: try await TestHost.configuration(),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let lines = pip.map { "\n    - \"\($0)\"" }.joined()
        let recipe = try await builder.recipe(
            for: EnvironmentSpecification(label: "env:1", image: nil, condaFile: "dependencies:\n  - pip:\(lines)\n"))
        _ = try await builder.build(recipe)
        return (builder.folder(of: recipe), builder.notes(of: recipe))
    }

    private func version(of package: String, in folder: URL) throws -> String? {
        let names = FileManager.default.enumerator(atPath: folder.path(percentEncoded: false))?.compactMap { "\($0)" }
        let found = names?.first { $0.hasSuffix(".dist-info") && $0.contains("/\(package)-") }
        return found?.split(separator: "/").last?.dropFirst(package.count + 1).dropLast(".dist-info".count).description
    }

    @Test(arguments: [("pydantic==2.9.2", "1.4.0"), ("flask==2.2.5", "1.3.4"), ("pydantic==2.12.0", "1.5.1")])
    func `the model server is of a version that fits the file`(bound: String, version: String) async throws {
        let built = try await build(["azureml-inference-server-http", bound])
        #expect(try self.version(of: "azureml_inference_server_http", in: built.folder) == version)
    }

    @Test func `versions come from all indexes, and one that can't be reached is left out`() async throws {
        try await withTemporaryFolder { folder in
            let page = folder.appending(path: "simple/six/index.html")
            try page.write("<a href=\"six-1.0.0-py2.py3-none-any.whl\">six-1.0.0-py2.py3-none-any.whl</a>")
            let log = folder.appending(path: "log")
            let server = try ChildProcess.spawn(
                ChildLaunch(
                    executable: "/usr/bin/python3",
                    arguments: ["-u", "-m", "http.server", "0", "--bind", "127.0.0.1", "--directory", folder.path()],
                    environment: [:], workingDirectory: folder, logFile: log))
            let outcome: Result<(folder: URL, notes: [String]), any Error>
            do {
                try await eventually("listens") { try log.text.contains("port ") }
                let port = try #require(try log.text.firstMatch(of: #/port (\d+)/#)).1
                let index = "--extra-index-url http://127.0.0.1:\(port)/simple/"
                let dead = "--extra-index-url http://me:secret@127.0.0.1:9/simple/"
                // The first index has a version of it, but not this one.
                outcome = .success(try await build([index, dead, "six==1.16.0"]))
            } catch {
                outcome = .failure(error)
            }
            _ = await ChildProcess.terminate(server, steps: [])
            let built = try outcome.get()
            #expect(try version(of: "six", in: built.folder) == "1.16.0")
            #expect(built.notes == ["without what can't be reached: http://127.0.0.1:9/simple/"])
        }
    }
}
