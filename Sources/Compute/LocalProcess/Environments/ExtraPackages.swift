import Foundation
import Resources

/// Packages that a deployment's variables add to its environment's, out of files of its code folder, as Azure ML's
/// prebuilt images take them when they start.
struct ExtraPackages: Sendable {
    /// A path in the code folder; nil where the variable is not set.
    private let requirements: String?
    private let condaFile: String?
    private let library: String?

    /// Longest file that is read, in bytes.
    private static let fileLimit = 1 << 20
    private static let names = (
        requirements: "AZUREML_EXTRA_REQUIREMENTS_TXT", condaFile: "AZUREML_EXTRA_CONDA_YAML",
        library: "AZUREML_EXTRA_PYTHON_LIB_PATH"
    )

    init(_ variables: [String: String]) {
        func path(_ name: String) -> String? { variables[name].flatMap { $0.isEmpty ? nil : $0 } }
        requirements = path(Self.names.requirements)
        condaFile = path(Self.names.condaFile)
        library = path(Self.names.library)
    }

    /// Refuses paths that lead out of the code folder.
    func check() throws(ComputeError) {
        let paths = [
            (Self.names.requirements, requirements), (Self.names.condaFile, condaFile), (Self.names.library, library),
        ]
        for case (let name, let path?) in paths where path.hasPrefix("/") || path.split(separator: "/").contains("..") {
            throw ComputeError(
                .unsupported, "the environment variable \(name) must be a path inside the code folder, not \"\(path)\"")
        }
    }

    var areInFiles: Bool { requirements != nil || condaFile != nil }

    /// What the files ask for. `script` is the path of the scoring script in the folder.
    func read(in folder: URL, script: String) throws(ComputeError) -> CondaFile {
        var all = try CondaFile("dependencies: []")
        if let requirements {
            let text = try read(requirements, Self.names.requirements, folder, script)
            all.add(try CondaFile(MLflowModel.condaFile(requirements: text)))
        }
        if let condaFile {
            all.add(try CondaFile(try read(condaFile, Self.names.condaFile, folder, script)))
        }
        return all
    }

    /// A folder of installed packages in a replica's copy of the code; nil for none.
    func library(in code: URL) -> String? {
        library.map { code.appending(path: $0).path(percentEncoded: false) }
    }

    /// Looks beside the script where there is no such file at the top.
    private func read(
        _ path: String, _ variable: String, _ folder: URL, _ script: String
    ) throws(ComputeError) -> String {
        let beside = folder.appending(path: script).deletingLastPathComponent()
        for base in [folder, beside] {
            let file = base.appending(path: path)
            guard let size = try? file.resourceValues(forKeys: [.fileSizeKey]).fileSize else { continue }  // not there
            guard size <= Self.fileLimit, let text = try? String(contentsOf: file, encoding: .utf8) else {
                throw ComputeError(
                    .unsupported,
                    "the file \"\(path)\" that \(variable) names is not a text of at most \(Self.fileLimit) bytes")
            }
            return text
        }
        throw ComputeError(
            .artifactMissing, "the file \"\(path)\" that \(variable) names is not in the code folder")
    }
}
