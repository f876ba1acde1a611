/// By what means foreign code is kept from everything that is not its own.
package enum IsolationMode: String, Sendable, Codable, CaseIterable {
    /// Namespaces of its own, made by bubblewrap: what it must not have does not exist for it.
    case namespaces
    /// Landlock and a filter of system calls: what it must not have is refused.
    case landlock
    /// Nothing: it may do whatever its account may.
    case none
}

/// What the setting `compute.isolation` asks for.
package enum IsolationPolicy: String, Sendable, CaseIterable {
    /// Namespaces; where the host refuses them, Landlock; where it has neither, no replica is started.
    case auto
    case namespaces
    case landlock
    case none

    var candidates: [IsolationMode] {
        switch self {
        case .auto: [.namespaces, .landlock]
        case .namespaces: [.namespaces]
        case .landlock: [.landlock]
        case .none: [.none]
        }
    }
}

/// What this host allows, and why it is not better.
package struct IsolationFinding: Sendable, Equatable, Codable {
    /// Nil when no replica may be started.
    package var mode: IsolationMode?
    package var reason: String
}
