/// `listViewType` of a list: whether archived entries show.
package enum ListView: String, Sendable, CaseIterable {
    case activeOnly = "ActiveOnly"
    case archivedOnly = "ArchivedOnly"
    case all = "All"

    /// What `is_archived` must be; nil for either.
    package var isArchived: Bool? {
        switch self {
        case .activeOnly: false
        case .archivedOnly: true
        case .all: nil
        }
    }
}
