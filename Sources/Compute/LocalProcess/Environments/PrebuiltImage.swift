import Foundation

/// What an image of Azure ML's stands for in an environment without a conda file: the packages that it holds.
///
/// Source: "Prebuilt Docker images for inference" of Azure's documentation, and the definitions of the curated
/// environments.
struct PrebuiltImage: Sendable, Equatable {
    /// The image's packages.
    let condaFile: String

    /// Nil for an image whose packages are not known here.
    init?(_ image: String) {
        let path = image.lowercased().split(separator: "/", omittingEmptySubsequences: false).dropFirst()
        guard path.first == "azureml", let last = path.last else { return nil }
        let name = String(last.prefix { $0 != ":" && $0 != "@" })
        if Self.bare.contains(where: { name.hasPrefix($0) }) || path.contains("o16n-base") {
            condaFile = "dependencies: []"
        } else if let family = Self.families.first(where: { name.hasPrefix($0.prefix) }), name.hasSuffix("-inference") {
            guard let packages = family.packages(name) else { return nil }
            condaFile = packages
        } else {
            return nil
        }
    }

    /// Images that hold a server and nothing to compute with, or not even that.
    private static let bare = ["openmpi", "intelmpi", "base", "inference-base"]

    private struct Family: Sendable {
        var prefix: String
        /// The framework on PyPI, of the version that the image's name holds; nil where the name holds none.
        var framework: String? = nil
        var others: [String]

        /// Nil for a name that lacks its version.
        func packages(_ name: String) -> String? {
            guard let framework else { return PrebuiltImage.list(others) }
            let parts = name.split(separator: "-")
            guard parts.count > 2, parts[1].allSatisfy({ $0.isNumber || $0 == "." }) else { return nil }
            // A version in full, as 0.24.1, or the first two parts of it.
            let version = parts[1].split(separator: ".").count > 2 ? "\(parts[1])" : "\(parts[1]).*"
            // What is pinned was made for the image's Python; later ones can't install it.
            let python = parts.first { $0.hasPrefix("py3") && $0.dropFirst(3).allSatisfy(\.isNumber) }
            return PrebuiltImage.list(
                ["\(framework)==\(version)"] + others, python: python.map { "3.\($0.dropFirst(3))" })
        }
    }

    private static func list(_ packages: [String], python: String? = nil) -> String {
        let lines = (python.map { ["  - python=\($0)"] } ?? []) + ["  - pip:"] + packages.map { "    - \"\($0)\"" }
        return "dependencies:\n" + lines.joined(separator: "\n") + "\n"
    }

    /// Frameworks of these years can't do with what later versions of the two have removed.
    private static let tables = ["numpy>=1.16,<1.24", "pandas<2"]

    private static let families = [
        Family(prefix: "minimal", others: ["numpy", "joblib", "azure-storage-blob", "azure-identity"]),
        Family(
            prefix: "mlflow",
            others: [
                "mlflow", "scikit-learn", "cloudpickle", "psutil", "pandas", "numpy", "joblib", "azureml-ai-monitoring",
            ]),
        Family(prefix: "sklearn-", framework: "scikit-learn", others: tables + ["joblib"]),
        Family(prefix: "tensorflow-", framework: "tensorflow", others: tables),
        Family(prefix: "pytorch-", framework: "torch", others: tables),
        Family(prefix: "onnxruntime-", framework: "onnxruntime", others: tables),
        Family(prefix: "lightgbm-", framework: "lightgbm", others: tables + ["scikit-learn"]),
        Family(prefix: "xgboost-", framework: "xgboost", others: tables + ["scikit-learn"]),
    ]
}
