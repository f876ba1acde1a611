import Foundation
import Identity

/// Everything that decides what an environment contains. Equal recipes share one environment.
struct EnvironmentRecipe: Sendable, Hashable {
    /// Lines of a requirements file: options first as written, then requirements in order.
    var requirements: [String]
    var interpreter: Interpreter
    var installerVersion: String

    /// Adds the model server unless the file brings its own, directly or through `azureml-defaults`, and MLflow where it
    /// is needed.
    init(
        file: CondaFile, serverVersion: String, needsMLflow: Bool = false, interpreter: Interpreter,
        installerVersion: String
    ) {
        var lines = file.requirements
        let names = Set(lines.map(EnvironmentRecipe.packageName))
        if names.isDisjoint(with: [EnvironmentRecipe.server, "azureml-defaults"]) {
            lines.append("\(EnvironmentRecipe.server)==\(serverVersion)")
        } else if let bare = lines.firstIndex(where: { $0.lowercased() == EnvironmentRecipe.server }) {
            lines[bare] += "==\(serverVersion)"
        }
        if needsMLflow, names.isDisjoint(with: ["mlflow", "mlflow-skinny"]) { lines.append("mlflow") }
        // As in every environment of conda's, so that none but the environment's own is found.
        if !names.contains("pip") { lines.append("pip") }
        let options = lines.filter { $0.hasPrefix("-") }
        requirements = options + Array(Set(lines.filter { !$0.hasPrefix("-") })).sorted()
        self.interpreter = interpreter
        self.installerVersion = installerVersion
    }

    /// Name of the environment's folder.
    var key: String {
        let parts =
            [EnvironmentRecipe.layout, "python \(interpreter.version)", "installer \(installerVersion)"] + requirements
        return String(Digests.sha256Hex(parts.joined(separator: "\n")).prefix(32))
    }

    /// Those of `layout 1` shared files with the package cache by hard links, which a replica could write through.
    private static let layout = "layout 2"

    private static let server = "azureml-inference-server-http"

    /// Name part of a requirement line, normalised as PEP 503 says.
    static func packageName(_ requirement: String) -> String {
        let name = requirement.prefix { $0.isLetter || $0.isNumber || "-_.".contains($0) }
        return name.lowercased().replacing(#/[-_.]+/#, with: "-")
    }
}
