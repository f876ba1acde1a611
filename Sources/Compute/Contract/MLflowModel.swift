package import Resources
import Yams

/// What an MLflow model says of itself in its file `MLmodel` (mlflow.org, "MLflow Model format").
package struct MLflowModel: Sendable, Equatable {
    /// Path of the conda file inside the model's folder.
    package var condaFile: String

    /// Name of the file in the model's folder.
    package static let fileName = "MLmodel"
    /// Requirements that every saved model has beside its conda file.
    package static let requirementsFile = "requirements.txt"
    /// Longest file of a model's description that is read, in bytes.
    package static let fileLimit = 1 << 20

    /// - Throws: `.unsupported` for text that is no MLmodel, and for a model that Python can't load.
    package init(_ text: String) throws(ComputeError) {
        let root = try? Yams.compose(yaml: text)  // nil: refused below
        guard let flavors = root?["flavors"]?.mapping else {
            throw ComputeError(.unsupported, "the model's file \(Self.fileName) is not one of MLflow's")
        }
        guard let python = flavors["python_function"] else {
            let names = flavors.keys.compactMap(\.string).sorted().joined(separator: ", ")
            throw ComputeError(
                .unsupported,
                "the MLflow model has no python_function flavor, only \(names); it needs a scoring script")
        }
        // Older versions name the conda file, newer ones one file per environment manager.
        condaFile = python["env"]?.string ?? python["env"]?["conda"]?.string ?? "conda.yaml"
    }

    /// A conda file with the lines of a requirements file, for models saved without one of conda's.
    package static func condaFile(requirements: String) -> String {
        let lines = requirements.split(whereSeparator: \.isNewline).map(String.init)
        let node: Node = ["dependencies": [["pip": Node(lines.map { Node($0) })]]]
        return (try? Yams.serialize(node: node)) ?? ""  // texts always serialise
    }
}

extension ReplicaSpecification {
    /// Whether the model is served by MLflow, without a scoring script.
    package var isServedByMLflow: Bool { code == nil && model?.kind == .mlflow }
}
