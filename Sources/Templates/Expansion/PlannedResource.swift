package import Resources

/// One resource of a template after its loops are expanded; its body is evaluated when its turn comes.
package struct PlannedResource: Sendable {
    package let address: ResourceAddress
    package let apiVersion: String
    /// Place in the template.
    package let path: String
    package let symbolicName: String?
    /// Name of its loop and its turn in it.
    package let loop: (name: String, index: Int)?
    /// False when its condition is: then it is not deployed, and nothing waits for it.
    package let isDeployed: Bool
    /// It is read, not deployed.
    package let isExisting: Bool
    /// Positions, in the expansion, of the resources that must be done before.
    package internal(set) var dependencies: [Int] = []
    let declaration: JSONObject
    /// What is sent, before its expressions are evaluated: one value for all iterations of a loop.
    let body: JSONValue
    let frame: Frame

    package var id: String { address.id }
    package var type: String { address.type }
    package var name: String { address.name }

    /// The ways in which the template may name it beside its id, in lower case: its name, `type/name`, and type and
    /// name by turns.
    var spellings: Set<String> {
        let (type, name) = (type.lowercased(), name.lowercased())
        let segments = type.split(separator: "/")
        var byTurns = segments.first.map(String.init) ?? ""
        for (segment, part) in zip(segments.dropFirst(), address.names) {
            byTurns += "/\(segment)/\(part.lowercased())"
        }
        return [name, "\(type)/\(name)", byTurns]
    }

    package var isDeployment: Bool { Self.isDeployment(type) }

    static func isDeployment(_ type: String) -> Bool {
        type.utf8.count == ResourceID.deploymentType.utf8.count
            && type.lowercased() == ResourceID.deploymentType.lowercased()
    }
}

extension ResourceID {
    package static let deploymentType = "Microsoft.Resources/deployments"
}
