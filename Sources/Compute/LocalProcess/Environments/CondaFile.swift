import Foundation
import Yams

/// What a conda file asks for, translated for an installer that knows PyPI only.
///
/// Shape (docs.conda.io, "Creating an environment file manually"): `name`, `channels` (ignored) and `dependencies`, a
/// list of match specifications with at most one `pip:` list among them.
struct CondaFile: Sendable, Equatable {
    /// Requirements in pip's syntax, in the order of the file.
    var requirements: [String]
    /// What the file says about Python, such as `==3.11.*`; empty when it says nothing.
    var python: VersionConstraint

    /// Parses the text. Throws `.environmentBuildFailed` naming the line or the entry that can't be used.
    init(_ text: String) throws(ComputeError) {
        requirements = []
        python = VersionConstraint(clauses: [])
        let root = try CondaFile.rootMapping(text)
        guard let dependencies = root["dependencies"], dependencies.null == nil else { return }
        guard let entries = dependencies.sequence else {
            throw CondaFile.invalid("\"dependencies\" must be a list (line \(dependencies.mark?.line ?? 0))")
        }
        for entry in entries {
            if let text = entry.scalar?.string {
                try addCondaPackage(text)
            } else if let mapping = entry.mapping, mapping.count == 1, let pip = mapping["pip"] {
                try addPipRequirements(pip)
            } else {
                throw CondaFile.invalid(
                    "an entry of \"dependencies\" is neither a package nor a pip list (line \(entry.mark?.line ?? 0))")
            }
        }
    }

    private static func rootMapping(_ text: String) throws(ComputeError) -> Node.Mapping {
        let root: Node?
        do {
            root = try Yams.compose(yaml: text)
        } catch let error as YamlError {
            throw invalid("malformed YAML: \(error)")
        } catch {
            throw invalid("malformed YAML")
        }
        guard let mapping = root?.mapping else { throw invalid("a mapping with \"dependencies\" is expected") }
        return mapping
    }

    private mutating func addCondaPackage(_ text: String) throws(ComputeError) {
        let specification = try CondaMatch(text)
        switch CondaPackages.equivalent(of: specification.name) {
        case .python: python.clauses += specification.version.clauses
        case .nothing: break
        case .pip(let name): requirements.append(name + specification.version.description)
        case .unknown:
            throw CondaFile.invalid(
                "the conda package \"\(text)\" is not known to be on PyPI; "
                    + "remove it, list its PyPI equivalent under \"pip:\", or use a container backend")
        }
    }

    private mutating func addPipRequirements(_ node: Node) throws(ComputeError) {
        if node.null != nil || node.scalar?.string.isEmpty == true { return }
        guard let entries = node.sequence else {
            throw CondaFile.invalid("\"pip\" must be a list (line \(node.mark?.line ?? 0))")
        }
        for entry in entries {
            guard let text = entry.scalar?.string else {
                throw CondaFile.invalid("an entry of \"pip\" is not a text (line \(entry.mark?.line ?? 0))")
            }
            for line in text.split(whereSeparator: \.isNewline) {
                try addPipRequirement(line.trimmingCharacters(in: .whitespaces))
            }
        }
    }

    private mutating func addPipRequirement(_ line: String) throws(ComputeError) {
        if line.isEmpty || line.hasPrefix("#") { return }
        let pointsToFile = ["-r", "-c", "-e", "--requirement", "--constraint", "--editable", ".", "/"]
        if pointsToFile.contains(where: { line.hasPrefix($0) }) {
            throw CondaFile.invalid(
                "the pip entry \"\(line)\" points to a file, which a conda file alone does not carry")
        }
        requirements.append(line)
    }

    static func invalid(_ problem: String) -> ComputeError {
        ComputeError(.environmentBuildFailed, "conda file: \(problem)")
    }
}
