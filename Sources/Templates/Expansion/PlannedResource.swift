package import Resources

/// One resource of a template after its loops are expanded; its body is evaluated when its turn comes.
package struct PlannedResource: Sendable {
    /// Which iteration of a loop a resource is.
    struct Turn: Sendable {
        var loop: String
        var index: Int
        /// Iterations that run side by side; nil where all do.
        var batchSize: Int?
    }

    package let address: ResourceAddress
    package let apiVersion: String
    /// Place in the template.
    package let path: String
    package let symbolicName: String?
    /// Of a resource that a loop makes.
    let turn: Turn?
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
    package let id: String
    package let name: String
    /// The id in lower case: ids are found so.
    let key: String
    /// The ways in which the template may name it beside its id, in lower case: its name, `type/name`, and type and
    /// name by turns.
    let spellings: [String]

    package var type: String { address.type }

    init(
        address: ResourceAddress, apiVersion: String, path: String, symbolicName: String?,
        turn: Turn?, isDeployed: Bool, isExisting: Bool, declaration: JSONObject, body: JSONValue,
        frame: Frame
    ) {
        (self.address, self.apiVersion, self.path) = (address, apiVersion, path)
        (self.symbolicName, self.turn, self.isDeployed) = (symbolicName, turn, isDeployed)
        (self.isExisting, self.declaration) = (isExisting, declaration)
        (self.body, self.frame) = (body, frame)
        id = address.id
        name = address.name
        key = id.lowercased()
        spellings = Self.spellings(type: address.type.lowercased(), name: name.lowercased())
    }

    private static func spellings(type: String, name: String) -> [String] {
        let (segments, names) = (ResourceAddress.segments(of: type), ResourceAddress.segments(of: name))
        // Of a type without another above it both forms are the same.
        guard names.count > 1 else { return [name, "\(type)/\(name)"] }
        var byTurns = segments.first.map(String.init) ?? ""
        for (segment, part) in zip(segments.dropFirst(), names) { byTurns += "/\(segment)/\(part)" }
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
