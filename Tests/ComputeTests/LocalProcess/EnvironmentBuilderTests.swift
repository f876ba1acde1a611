import Foundation
import Logging
import Resources
import Testing

@testable import Compute

/// With a stand-in for `uv`, a shell script that writes down its calls.
@Suite(.timeLimit(.minutes(1)))
struct EnvironmentBuilderTests {
    private let environment = EnvironmentSpecification(
        label: "env:1", image: nil, condaFile: "dependencies: [python>=3]")

    /// `compile` resolves the file `$file`.
    private func builder(
        _ folder: URL, install: String = "true", compile: String = "true", timeout: Duration = .seconds(30)
    ) throws -> EnvironmentBuilder {
        let uv = folder.appending(path: "uv")
        try uv.write(
            """
            #!/bin/sh
            case "$1" in
            --version) echo "uv 9.9.9 (somewhere)";;
            venv) mkdir -p "$5";;
            pip)
              for word; do case "$word" in *.inputs/*) file=$word;; esac; done
              case "$2" in
              compile) \(compile);;
              install) echo call >> "\(folder.path())/calls"; \(install);;
              esac;;
            esac
            """)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: uv.path())
        var configuration = LocalProcessConfiguration(dataDirectory: folder.appending(path: "data"))
        configuration.uv = uv.path()
        configuration.preparationTimeout = timeout
        configuration.environmentCacheLimit = 2
        // The stand-in writes beside the data directory.
        configuration.isolation = .none
        return EnvironmentBuilder(
            configuration: configuration, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    private func calls(_ folder: URL) -> Int {
        (try? folder.appending(path: "calls").text.split(separator: "\n").count) ?? 0
    }

    @Test func `concurrent equal builds, also of two processes, build once`() async throws {
        try await withTemporaryFolder { folder in
            let builders = [try builder(folder, install: "sleep 0.2"), try builder(folder, install: "sleep 0.2")]
            try await withThrowingTaskGroup(of: Void.self) { group in
                for index in 0..<10 {
                    let builder = builders[index % 2]
                    group.addTask { _ = try await builder.build(try await builder.recipe(for: environment)) }
                }
                try await group.waitForAll()
            }
            #expect(calls(folder) == 1)
            let recipe = try await builders[0].recipe(for: environment)
            #expect(recipe.installerVersion == "9.9.9" && recipe.interpreter.version.hasPrefix("3."))
            #expect(try await builders[0].build(recipe) == false)
        }
    }

    @Test func `a half-built environment is removed and rebuilt`() async throws {
        try await withTemporaryFolder { folder in
            let builder = try builder(folder)
            let recipe = try await builder.recipe(for: environment)
            let rest = builder.folder(of: recipe).appending(path: "bin/half")
            try rest.write("")
            #expect(try await builder.build(recipe))
            #expect(!rest.exists && builder.folder(of: recipe).appending(path: ".complete").exists)
        }
    }

    @Test func `a failed build shows the installer's words and leaves nothing`() async throws {
        try await withTemporaryFolder { folder in
            let builder = try builder(folder, install: "echo 'No solution found: numppy'; exit 1")
            let recipe = try await builder.recipe(for: environment)
            let error = await #expect(throws: ComputeError.self) { try await builder.build(recipe) }
            #expect(error?.code == .environmentBuildFailed)
            #expect(error?.log.contains("No solution found: numppy") == true)
            #expect(!builder.folder(of: recipe).exists)
        }
    }

    @Test func `all of conda's packages that no index has are named at once`() async throws {
        try await withTemporaryFolder { folder in
            let compile = "if grep -Eq 'absent|gone' \"$file\"; then echo unsatisfiable; exit 1; fi"
            let builder = try builder(folder, compile: compile)
            let many = (0..<20).map { "p\($0)" }.joined(separator: ", ")
            func failure(_ dependencies: String) async throws -> ComputeError? {
                let environment = EnvironmentSpecification(
                    label: "env:1", image: nil, condaFile: "dependencies: [\(dependencies)]")
                let recipe = try await builder.recipe(for: environment)
                return await #expect(throws: ComputeError.self) { try await builder.build(recipe) }
            }
            let unknown = try await failure("absent=1.2, \(many), gone, numpy")
            #expect(unknown?.message.contains("\"absent=1.2\" is not on the package index") == true)
            #expect(unknown?.message.contains("\"gone\" is not on the package index") == true)
            #expect(unknown?.message.contains("numpy") == false && unknown?.log == "unsatisfiable")
            // Together with those that are refused for what they are.
            let both = try await failure("libsndfile, numpy, absent")
            #expect(both?.message.contains("\"libsndfile\"") == true && both?.message.contains("\"absent\"") == true)
            // What is under "pip:" is the installer's to explain.
            let pip = try await failure("numpy, {pip: [absent]}")
            #expect(pip?.message == "uv pip failed with status 1" && pip?.log == "unsatisfiable")
            #expect(calls(folder) == 0)
        }
    }

    @Test func `a built environment keeps what its owner should know`() async throws {
        try await withTemporaryFolder { folder in
            let builder = try builder(folder)
            let environment = EnvironmentSpecification(
                label: "env:1", image: nil, condaFile: "dependencies: [ipykernel]")
            let recipe = try await builder.recipe(for: environment)
            #expect(builder.notes(of: recipe).isEmpty)
            _ = try await builder.build(recipe)
            #expect(builder.notes(of: recipe) == ["from PyPI instead of conda: ipykernel"])
        }
    }

    @Test func `a build that takes too long is killed`() async throws {
        try await withTemporaryFolder { folder in
            let builder = try builder(
                folder, install: "echo $$ > \(folder.path())/pid; sleep 100", timeout: .milliseconds(500))
            let recipe = try await builder.recipe(for: environment)
            let error = await #expect(throws: ComputeError.self) { try await builder.build(recipe) }
            #expect(error?.message.contains("did not finish") == true)
            let pid = try #require(Int32(try folder.appending(path: "pid").text.dropLast()))
            #expect(ProcessIdentity(pid: pid)?.isAlive != true)
        }
    }

    @Test func `a missing installer and a Python that is not here are clear errors`() async throws {
        try await withTemporaryFolder { folder in
            var configuration = LocalProcessConfiguration(dataDirectory: folder)
            configuration.uv = "/no/such/uv"
            configuration.isolation = .none
            let broken = EnvironmentBuilder(configuration: configuration, logger: Logger(label: "test"))
            let missing = await #expect(throws: ComputeError.self) { try await broken.recipe(for: environment) }
            #expect(missing?.message.contains("/no/such/uv") == true)

            let old = EnvironmentSpecification(label: "env:2", image: nil, condaFile: "dependencies: [python=3.6]")
            let builder = try builder(folder)
            let error = await #expect(throws: ComputeError.self) { try await builder.recipe(for: old) }
            #expect(error?.message.contains("env:2 asks for python==3.6.*; this host has Python 3.") == true)
            let image = EnvironmentSpecification(
                label: "env:3", image: "mcr.microsoft.com/azureml/sklearn-0.1-py36-cpu-inference", condaFile: nil)
            let byImage = await #expect(throws: ComputeError.self) { try await builder.recipe(for: image) }
            #expect(byImage?.message.contains("sklearn-0.1-py36-cpu-inference, asks for python==3.6.*") == true)
            #expect(byImage?.message.contains("give the environment a conda file") == true)
        }
    }

    @Test func `the least recently used environments go, but none in use`() async throws {
        try await withTemporaryFolder { folder in
            let builder = try builder(folder)
            var keys: [String] = []
            for name in ["numpy", "pandas", "joblib", "scipy"] {
                let environment = EnvironmentSpecification(
                    label: name, image: nil, condaFile: "dependencies: [\(name)]")
                let recipe = try await builder.recipe(for: environment)
                _ = try await builder.build(recipe)
                keys.append(recipe.key)
            }
            builder.trim(keeping: [keys[0]])
            let left = keys.filter { folder.appending(components: "data", "environments", $0).exists }
            #expect(left == [keys[0], keys[3]])
        }
    }
}
