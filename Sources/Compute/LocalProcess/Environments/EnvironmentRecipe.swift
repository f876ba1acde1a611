import Foundation
import Identity

/// Everything that decides what an environment contains. Equal recipes share one environment.
struct EnvironmentRecipe: Sendable, Hashable {
    /// Lines of a requirements file: options first as written, then requirements in order.
    var requirements: [String]
    /// Versions to take where the requirements leave a choice, as lines of a requirements file.
    var preferences: [String]
    /// Those of the requirements that stand for packages of conda's.
    var packages: [CondaFile.Package]
    /// Entries that are part of every environment.
    var leftOut: [String]
    /// Why the environment can't be built, an entry each.
    var problems: [String]
    var interpreter: Interpreter
    var installerVersion: String

    /// Adds the model server unless the file brings its own, directly or through `azureml-defaults`, and MLflow where it
    /// is needed. The server's version is a preference: a pin that nobody wrote would make solvable files unsolvable.
    init(
        file: CondaFile, serverVersion: String, needsMLflow: Bool = false, interpreter: Interpreter,
        installerVersion: String
    ) {
        var lines = file.requirements
        let names = Set(lines.map(EnvironmentRecipe.packageName))
        if names.isDisjoint(with: [EnvironmentRecipe.server, "azureml-defaults"]) {
            // Our script for MLflow's models is written against what 0.8 was the first to have.
            lines.append(EnvironmentRecipe.server + (needsMLflow ? ">=0.8" : ""))
        }
        if needsMLflow, names.isDisjoint(with: ["mlflow", "mlflow-skinny"]) { lines.append("mlflow") }
        // As in every environment of conda's, so that none but the environment's own is found.
        if !names.contains("pip") { lines.append("pip") }
        let options = lines.filter { $0.hasPrefix("-") }
        requirements = options + Array(Set(lines.filter { !$0.hasPrefix("-") })).sorted()
        preferences = ["\(EnvironmentRecipe.server)==\(serverVersion)", EnvironmentRecipe.setuptools]
        packages = file.packages
        leftOut = file.leftOut
        problems = file.problems
        (self.interpreter, self.installerVersion) = (interpreter, installerVersion)
    }

    /// Name of the environment's folder.
    var key: String {
        let parts =
            [EnvironmentRecipe.layout, "python \(interpreter.version)", "installer \(installerVersion)"] + requirements
            + preferences + problems
        return String(Digests.sha256Hex(parts.joined(separator: "\n")).prefix(32))
    }

    /// What the owner of the environment should know of how its file was read.
    var notes: [String] {
        var notes: [String] = []
        if !packages.isEmpty {
            notes.append("from PyPI instead of conda: " + packages.map(\.requirement).joined(separator: ", "))
        }
        if !leftOut.isEmpty {
            notes.append("left out, as part of this host or of every environment: " + leftOut.joined(separator: ", "))
        }
        return notes
    }

    /// Those of `layout 1` shared files with the package cache by hard links, which a replica could write through; those
    /// of `layout 2` have no notes.
    private static let layout = "layout 3"

    /// One that still has `pkg_resources`, which gunicorn imports in the versions that older model servers need.
    private static let setuptools = "setuptools==80.9.0"

    static let server = "azureml-inference-server-http"

    /// Name part of a requirement line, normalised as PEP 503 says.
    static func packageName(_ requirement: String) -> String {
        let name = requirement.prefix { $0.isLetter || $0.isNumber || "-_.".contains($0) }
        return name.lowercased().replacing(#/[-_.]+/#, with: "-")
    }
}
