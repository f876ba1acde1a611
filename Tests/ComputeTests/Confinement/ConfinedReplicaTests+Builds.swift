import Foundation
import Glibc
import Resources
import Testing

@testable import Compute

extension ConfinedReplicaTests {
    /// A package whose code runs while it is built tries what a build must not.
    @Suite(.serialized, .timeLimit(.minutes(5))) struct BuildTests {
        private static let setup = """
            import json, os, pathlib, setuptools
            targets = json.loads(pathlib.Path(__file__).with_name("targets.json").read_text())
            found = {"ran": "as %d" % os.getuid()}
            def attempt(name, work):
                try: found[name] = str(work())
                except (OSError, StopIteration) as error: found[name] = type(error).__name__
            def write(path):
                with open(path, "a") as file: file.write("x")
            for name, path in targets.items():
                attempt("read " + name, lambda: open(path, "rb").read(200))
                attempt("write " + name, lambda: write(path) or "written")
            attempt("list environments", lambda: [n for n in os.listdir(targets["environments"]) if n.endswith(".log")][0:1])
            attempt("environment of another", lambda: next(
                pid for pid in os.listdir("/proc") if pid.isdigit()
                and b"SLUICE_TEST" in open("/proc/%s/environ" % pid, "rb").read()))
            pathlib.Path("hostile_report.py").write_text("found = " + repr(json.dumps(found)))
            setuptools.setup(name="hostile-report", version="1.0", py_modules=["hostile_report"])
            """

        @Test(arguments: [IsolationMode.namespaces, .landlock])
        func `a package that is built reaches nothing, and the environment is the replicas' to read only`(
            mode: IsolationMode
        ) async throws {
            let policy = try #require(IsolationPolicy(rawValue: mode.rawValue))
            let wheels = URL(filePath: "/var/tmp/sluice-hostile-packages-\(geteuid())")
            let installation = try await HostileInstallation { configuration in
                configuration.isolation = policy
                configuration.hostEnvironment["PIP_FIND_LINKS"] = wheels.path
            }
            let configuration = installation.backend.configuration
            setenv("SLUICE_TEST_SECRET", "hidden", 1)
            try await makePackage(
                "hostile-report", in: wheels, setup: Self.setup,
                [
                    "master key": installation.root.path + "/master.key",
                    "package cache": configuration.packageCache.path + "/CACHEDIR.TAG",
                    "environments": configuration.environments.path,
                    "lock": configuration.environments.path + "/new.lock", "uv": configuration.uv,
                ])
            // Packages in the shared cache, and another environment.
            let other = TestHost.specification(conda: "dependencies: [pip]").environment
            let builder = installation.backend.environments
            _ = try await builder.build(try await builder.recipe(for: other))
            let hostile = EnvironmentSpecification(
                label: "hostile:1", image: nil,
                condaFile: "dependencies: [{pip: [hostile-report==1.0, \"six!=\(Int.random(in: 2...1_000_000))\"]}]")
            let recipe = try await builder.recipe(for: hostile)
            _ = try await builder.build(recipe)
            let folder = builder.folder(of: recipe)
            let report = try #require(find("hostile_report.py", in: folder))
            let text = try String(contentsOf: report, encoding: .utf8)
            #expect(text.contains(#""ran": "as \#(configuration.builder?.user ?? geteuid())""#), "\(text)")
            for name in ["read master key", "write master key", "write package cache", "write lock", "write uv"] {
                #expect(text.contains(#""\#(name)": ""#) && !text.contains(#""\#(name)": "written""#), "\(text)")
            }
            #expect(!text.contains(HostileInstallation.canary) && !text.contains(".log'"), "\(text)")
            let refusals = ["StopIteration", "PermissionError"].map { #""environment of another": "\#($0)""# }
            #expect(refusals.contains { text.contains($0) }, "\(text)")
            #expect(installation.isWhole())
            if geteuid() == 0 {
                var status = stat()
                #expect(lstat(report.path, &status) == 0 && status.st_uid == 0 && status.st_mode & 0o022 == 0)
            }
            #expect(!configuration.builds.appending(path: recipe.key).exists)
            await RemovalOfForeignFiles.remove([folder])
        }

        @Test func `a build that takes too much is ended, and its end says so`() async throws {
            let wheels = URL(filePath: "/var/tmp/sluice-hostile-hogs-\(geteuid())")
            let installation = try await HostileInstallation { configuration in
                configuration.hostEnvironment["PIP_FIND_LINKS"] = wheels.path
                configuration.buildLimits = Confinement.Limits(memoryBytes: 500 << 20)
            }
            let hog = "hog = []\nwhile True: hog.append(bytearray(16 << 20))\n"
            try await makePackage("hostile-hog", in: wheels, setup: hog, [:])
            let builder = installation.backend.environments
            let recipe = try await builder.recipe(
                for: EnvironmentSpecification(
                    label: "hog:1", image: nil, condaFile: "dependencies: [{pip: [hostile-hog==1.0]}]"))
            let error = await #expect(throws: ComputeError.self) { try await builder.build(recipe) }
            #expect(error?.code == .environmentBuildFailed)
            #expect(
                error?.message.hasPrefix("The build was ended: it used ") == true
                    && error?.message.contains("its limit is 500 MiB") == true, "\(error?.message ?? "")")
            #expect(!builder.folder(of: recipe).exists)
        }

        private func find(_ name: String, in folder: URL) -> URL? {
            let all = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)
            return all?.lazy.compactMap { $0 as? URL }.first { $0.lastPathComponent == name }
        }

        private func makePackage(
            _ name: String, in wheels: URL, setup: String, _ targets: [String: String]
        ) async throws {
            let source = wheels.appending(path: "\(name)-1.0")
            try source.appending(path: "setup.py").write(setup)
            try source.appending(path: "PKG-INFO").write("Metadata-Version: 2.1\nName: \(name)\nVersion: 1.0\n")
            try source.appending(path: "targets.json").write(
                String(decoding: try JSONEncoder().encode(targets), as: UTF8.self))
            let archive = name.replacing("-", with: "_") + "-1.0.tar.gz"
            let launch = ChildLaunch(
                executable: "/bin/tar", arguments: ["-czf", archive, source.lastPathComponent],
                environment: ["PATH": "/usr/bin:/bin"], workingDirectory: wheels, logFile: URL(filePath: "/dev/null"))
            try #require(try await ChildProcess.run(launch, until: .now + .seconds(20)) == 0)
        }
    }
}
