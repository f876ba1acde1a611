import Foundation
import Yams

/// What a conda file asks for, translated for an installer that knows PyPI only.
///
/// Shape (docs.conda.io, "Creating an environment file manually"): `name`, `channels` (ignored) and `dependencies`, a
/// list of match specifications with at most one `pip:` list among them.
struct CondaFile: Sendable, Equatable {
    /// An entry for conda that is installed from PyPI.
    struct Package: Sendable, Hashable {
        var entry: String
        var requirement: String
    }

    /// Requirements in pip's syntax, in the order of the file.
    var requirements: [String]
    /// What the file says about Python, such as `==3.11.*`; empty when it says nothing.
    var python: VersionConstraint
    /// Those of the requirements that stand for packages of conda's.
    private(set) var packages: [Package] = []
    /// Entries that every environment has anyhow.
    private(set) var leftOut: [String] = []
    /// Why entries can't be installed here, all of them, each naming its entry.
    private(set) var problems: [String] = []

    /// Parses the text. Throws `.environmentBuildFailed` for one that is no conda file.
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
                addCondaPackage(text)
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

    /// Adds what another file asks for beside.
    mutating func add(_ other: CondaFile) {
        requirements += other.requirements
        python.clauses += other.python.clauses
        packages += other.packages
        leftOut += other.leftOut
        problems += other.problems
    }

    private mutating func addCondaPackage(_ text: String) {
        let specification: CondaMatch
        do {
            specification = try CondaMatch(text)
        } catch {
            return problems.append(error.problem)
        }
        switch CondaPackages.equivalent(of: specification.name) {
        case .python: python.clauses += specification.version.clauses
        case .nothing: leftOut.append(text)
        case .pip(let name):
            let requirement = name + specification.version.description
            requirements.append(requirement)
            packages.append(Package(entry: text, requirement: requirement))
        case .foreign(let reason): problems.append("\"\(text)\" \(reason)")
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
                addPipRequirement(line.trimmingCharacters(in: .whitespaces))
            }
        }
    }

    private mutating func addPipRequirement(_ line: String) {
        if line.isEmpty || line.hasPrefix("#") { return }
        let pointsToFile = ["-r", "-c", "-e", "--requirement", "--constraint", "--editable", ".", "/"]
        if pointsToFile.contains(where: { line.hasPrefix($0) }) {
            return problems.append(
                "\"\(line)\" under \"pip:\" points to a file, which a conda file alone does not carry")
        }
        requirements.append(line)
    }

    /// One error for all entries that can't be installed.
    static func refusal(_ problems: [String], log: String = "") -> ComputeError {
        var error = invalid(problems.joined(separator: "; "))
        error.log = log
        return error
    }

    static func invalid(_ problem: String) -> ComputeError {
        ComputeError(.environmentBuildFailed, "conda file: \(problem)")
    }
}
