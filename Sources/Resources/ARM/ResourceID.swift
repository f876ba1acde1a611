/// An ARM resource id, `/subscriptions/{s}/resourceGroups/{g}/providers/{namespace}/{type}/{name}/…`.
///
/// Compared without regard to case, echoed as written.
package struct ResourceID: Sendable, CustomStringConvertible {
    package struct Segment: Sendable, Equatable {
        /// `workspaces`.
        package let type: String
        package let name: String
    }

    package let subscription: String
    /// Empty at subscription scope.
    package let resourceGroup: String
    /// `Microsoft.MachineLearningServices`; empty for a group itself.
    package let provider: String
    /// Type and name, outermost first.
    package let segments: [Segment]

    package static let machineLearning = "Microsoft.MachineLearningServices"

    private init(subscription: String, resourceGroup: String, provider: String, segments: [Segment]) {
        (self.subscription, self.resourceGroup) = (subscription, resourceGroup)
        (self.provider, self.segments) = (provider, segments)
    }

    package static func resourceGroup(subscription: String, name: String) -> ResourceID {
        ResourceID(subscription: subscription, resourceGroup: name, provider: "", segments: [])
    }

    package static func workspace(subscription: String, resourceGroup: String, name: String) -> ResourceID {
        ResourceID(
            subscription: subscription, resourceGroup: resourceGroup, provider: machineLearning,
            segments: [Segment(type: "workspaces", name: name)])
    }

    package static func autoscaleSetting(subscription: String, resourceGroup: String, name: String) -> ResourceID {
        ResourceID(
            subscription: subscription, resourceGroup: resourceGroup, provider: "Microsoft.Insights",
            segments: [Segment(type: "autoscaleSettings", name: name)])
    }

    /// A resource below this one.
    package func child(_ type: String, _ name: String) -> ResourceID {
        ResourceID(
            subscription: subscription, resourceGroup: resourceGroup, provider: provider,
            segments: segments + [Segment(type: type, name: name)])
    }

    /// Nil when the text is no resource id of a resource group's resource.
    package init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).dropFirst().map(String.init)
        guard text.hasPrefix("/"), parts.count >= 8, parts.count.isMultiple(of: 2), parts.allSatisfy({ !$0.isEmpty }),
            parts[0].lowercased() == "subscriptions", parts[2].lowercased() == "resourcegroups",
            parts[4].lowercased() == "providers"
        else { return nil }
        subscription = parts[1]
        resourceGroup = parts[3]
        provider = parts[5]
        segments = stride(from: 6, to: parts.count, by: 2).map { Segment(type: parts[$0], name: parts[$0 + 1]) }
    }

    /// Name of the innermost resource.
    package var name: String { segments.last?.name ?? resourceGroup }

    /// Name of the segment of that type, without regard to case.
    package func name(of type: String) -> String? {
        segments.first { $0.type.lowercased() == type.lowercased() }?.name
    }

    /// `Microsoft.MachineLearningServices/workspaces/onlineEndpoints`.
    package var type: String {
        ([provider] + segments.map(\.type)).joined(separator: "/")
    }

    package var description: String {
        let scope = "/subscriptions/\(subscription)/resourceGroups/\(resourceGroup)"
        guard !provider.isEmpty else { return scope }
        return "\(scope)/providers/\(provider)" + segments.map { "/\($0.type)/\($0.name)" }.joined()
    }

    /// The id in one spelling for comparing and for metric labels.
    package var canonical: String { description.lowercased() }
}

extension ResourceID: Hashable {
    package static func == (first: ResourceID, second: ResourceID) -> Bool {
        first.canonical == second.canonical
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(canonical)
    }
}

extension ResourceID {
    /// The resource that holds this one; a workspace's is itself.
    package var parent: ResourceID {
        guard segments.count > 1 else { return self }
        return ResourceID(
            subscription: subscription, resourceGroup: resourceGroup, provider: provider, segments: segments.dropLast())
    }

    /// The workspace that this resource lives in.
    package var workspace: ResourceID {
        ResourceID(
            subscription: subscription, resourceGroup: resourceGroup, provider: provider,
            segments: Array(segments.prefix(1)))
    }
}
