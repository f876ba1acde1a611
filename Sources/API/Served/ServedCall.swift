import ControlPlane
import Resources
import Templates

/// A call about a resource, or about a list, by a request or for a template.
struct ServedCall: Rendering, Sendable {
    /// The resource; of a list, without the last name.
    let address: ResourceAddress
    let caller: Caller
    let apiVersion: APIVersion
    /// `https://host:port`, as the caller reached us.
    let baseURL: String
    /// Empty for a template.
    let parameters: QueryParameters
    private let conditions: Result<WritePrecondition, ARMError>

    init(
        _ address: ResourceAddress, caller: Caller, apiVersion: APIVersion, baseURL: String,
        parameters: QueryParameters = QueryParameters(),
        conditions: Result<WritePrecondition, ARMError> = .success(.none)
    ) {
        (self.address, self.caller, self.apiVersion) = (address, caller, apiVersion)
        (self.baseURL, self.parameters, self.conditions) = (baseURL, parameters, conditions)
    }

    init(_ address: ResourceAddress, _ call: ProviderCall) {
        self.init(address, caller: call.caller, apiVersion: call.apiVersion, baseURL: call.baseURL)
    }

    /// `If-Match` and `If-None-Match`; throws `InvalidRequestContent` for what they can't say.
    var precondition: WritePrecondition {
        get throws(ARMError) { try conditions.get() }
    }

    /// The resource's name.
    var name: String { address.names.last ?? "" }

    /// The resource's id, for types that live in a resource group.
    func id() throws(ARMError) -> ResourceID { try address.resourceID() }

    /// The id of what holds the resource, or the resources of the list.
    func parentID() throws(ARMError) -> ResourceID {
        let segments = address.type.split(separator: "/").dropLast()
        return try ResourceAddress(
            scope: address.scope, type: segments.joined(separator: "/"),
            names: Array(address.names.prefix(segments.count - 1))
        ).resourceID()
    }

    /// The subscription, and the group if there is one, that the address begins with.
    func scope() throws(ARMError) -> (subscription: String, resourceGroup: String?) {
        guard let scope = DeploymentScope(id: address.scope) else { throw address.isElsewhere }
        return (scope.subscriptionID, scope.resourceGroup)
    }
}

extension ResourceAddress {
    /// The id as the services of resources in groups take it.
    fileprivate func resourceID() throws(ARMError) -> ResourceID {
        guard let id = ResourceID(id) else { throw isElsewhere }
        return id
    }

    fileprivate var isElsewhere: ARMError {
        ARMError(
            .invalidTemplate,
            "Resources of the type '\(type)' live in a resource group; '\(id.prefix(300))' does not.", target: id)
    }
}
