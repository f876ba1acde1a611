/// What a call needs: an action of Azure RBAC on a scope.
package struct Right: Sendable, Hashable {
    /// `{type}/read`, `/write`, `/delete` or `/{verb}/action`.
    package var action: String
    /// Id of a resource, a group or a subscription without a slash at its end; `/` for the tenant.
    package var scope: String

    package init(action: String, scope: String) {
        (self.action, self.scope) = (action, scope)
    }

    /// What is done to a resource.
    package enum Verb: Sendable, Hashable {
        case read
        case write
        case delete
        /// A POST such as `listKeys`.
        case action(String)
    }

    package init(_ verb: Verb, _ resource: ResourceAddress) {
        self.init(action: Self.action(verb, type: resource.type), scope: resource.id)
    }

    /// The name of an action on a type. RBAC counts groups as children of their subscription.
    package static func action(_ verb: Verb, type: String) -> String {
        let type = type.isSameWord(as: ResourceAddress.resourceGroupType) ? "\(subscription)/resourceGroups" : type
        return switch verb {
        case .read: "\(type)/read"
        case .write: "\(type)/write"
        case .delete: "\(type)/delete"
        case .action(let name): "\(type)/\(name)/action"
        }
    }

    private static let subscription = ResourceAddress.subscriptionType
}
