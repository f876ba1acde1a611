import Resources

/// What is told of a type once: its routes, rights, versions and lists, and its part in templates, follow from it.
struct TypeDeclaration: Sendable {
    /// Where the resources of a type are.
    enum Placement: Sendable {
        /// In a resource group, or below another resource there.
        case resource
        /// On any scope: `{scope}/providers/…`.
        case `extension`
        /// A resource group itself, in its subscription.
        case group
    }

    /// What may be done with a resource beside reading it.
    enum WriteMethod: Sendable {
        case put, patch, delete
    }

    /// What holds the resources that a list shows.
    enum Listing: Sendable {
        /// The resource that they are below of, or the scope that they extend.
        case parent
        case group, subscription
    }

    /// What templates do with a type.
    enum Inventory: Sendable {
        /// Resources of their group: they are listed there, and the mode Complete deletes those that it doesn't name.
        case group
        /// The same; a deletion takes the children along.
        case groupWithChildren
        /// Shown by the lists of what holds them alone, as on Azure.
        case none
    }

    /// `Microsoft.MachineLearningServices/workspaces/onlineEndpoints`.
    let type: String
    /// `workspaces`, `onlineEndpoints`: also what templates of paths call the names by.
    private let segments: [String]
    /// The oldest first.
    let versions: [APIVersion]
    let placement: Placement
    let methods: Set<WriteMethod>
    let lists: [Listing]
    let inventory: Inventory
    /// Whether a PUT that makes a resource is answered by 201.
    let saysCreated: Bool

    init(
        _ type: String, versions: [APIVersion], placement: Placement = .resource, methods: Set<WriteMethod>,
        lists: [Listing], inventory: Inventory = .none, saysCreated: Bool = true
    ) {
        self.type = type
        segments = type.split(separator: "/").dropFirst().map(String.init)
        (self.versions, self.placement, self.methods) = (versions, placement, methods)
        (self.lists, self.inventory, self.saysCreated) = (lists, inventory, saysCreated)
    }

    // MARK: Paths

    private var namespace: Substring { type.prefix { $0 != "/" } }

    /// Where one resource is.
    var item: PathTemplate {
        guard placement != .group else { return .group }
        return segments.reduce(root(.group)) { $0 + "\($1)/{\($1)}" }
    }

    /// Where a list is.
    func template(of listing: Listing) -> PathTemplate {
        switch listing {
        case .subscription: root(.subscription) + segments.joined(separator: "/")
        case .group: root(.group) + segments.joined(separator: "/")
        case .parent:
            segments.dropLast().reduce(root(.group)) { $0 + "\($1)/{\($1)}" } + (segments.last ?? "")
        }
    }

    private func root(_ scope: PathTemplate) -> PathTemplate {
        (placement == .extension ? PathTemplate("{scope}") : scope) + "providers/\(namespace)"
    }

    /// The resource that a path names; of a list, what the resources in it have in common: their last name is missing.
    func address(_ names: [String: String]) -> ResourceAddress {
        var scope = names["scope"].map { $0 == "/" ? "" : $0 } ?? "/subscriptions/\(names["subscription"] ?? "")"
        guard placement != .group else {
            return ResourceAddress(scope: scope, type: type, names: names["resourceGroup"].map { [$0] } ?? [])
        }
        if let group = names["resourceGroup"] { scope += "/resourceGroups/\(group)" }
        return ResourceAddress(scope: scope, type: type, names: segments.compactMap { names[$0] })
    }
}
