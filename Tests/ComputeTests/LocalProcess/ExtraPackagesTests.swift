import Foundation
import Testing

@testable import Compute

@Suite struct ExtraPackagesTests {
    @Test func `files of the code folder add packages`() async throws {
        try await withTemporaryFolder { folder in
            try folder.appending(path: "src/extra.txt").write("joblib==1.5.1\n# comment\n\nxgboost\n")
            try folder.appending(path: "more.yml").write("dependencies: [python=3.11, numpy]")
            let extra = ExtraPackages([
                "AZUREML_EXTRA_REQUIREMENTS_TXT": "extra.txt", "AZUREML_EXTRA_CONDA_YAML": "more.yml",
            ])
            // The first lies beside the script, the other at the top.
            let file = try extra.read(in: folder, script: "src/score.py")
            #expect(file.requirements == ["joblib==1.5.1", "xgboost", "numpy"])
            #expect(file.python.description == "==3.11.*")
        }
    }

    @Test func `a file that is not there, or is no text of its size, is named`() async throws {
        try await withTemporaryFolder { folder in
            try folder.appending(path: "long.txt").write(String(repeating: "#", count: 1 << 20 + 1))
            for name in ["absent.txt", "long.txt"] {
                let extra = ExtraPackages(["AZUREML_EXTRA_REQUIREMENTS_TXT": name])
                let error = #expect(throws: ComputeError.self) { try extra.read(in: folder, script: "score.py") }
                #expect(error?.message.contains("\"\(name)\" that AZUREML_EXTRA_REQUIREMENTS_TXT names") == true)
            }
        }
    }

    @Test(arguments: ["/etc/passwd", "../x", "a/../../x"])
    func `a path out of the code folder is refused`(path: String) {
        for name in ["AZUREML_EXTRA_REQUIREMENTS_TXT", "AZUREML_EXTRA_CONDA_YAML", "AZUREML_EXTRA_PYTHON_LIB_PATH"] {
            let error = #expect(throws: ComputeError.self) { try ExtraPackages([name: path]).check() }
            #expect(error?.code == .unsupported && error?.message.contains(name) == true)
        }
    }

    @Test func `installed packages lie in the replica's copy of the code`() {
        let extra = ExtraPackages(["AZUREML_EXTRA_PYTHON_LIB_PATH": "lib/site-packages"])
        #expect(extra.library(in: URL(filePath: "/r/code")) == "/r/code/lib/site-packages")
        #expect(ExtraPackages([:]).library(in: URL(filePath: "/r/code")) == nil)
    }
}
