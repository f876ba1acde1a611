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

/// What versions a list shows, beside those of one asset.
package struct AssetVersionFilter: Sendable, Equatable {
    package var view: ListView
    /// Content hash of code; finds it under any name.
    package var hash: String?
    package var version: String?
    package var description: String?
    package var stage: String?
    package var tags: TagFilter?
    package var properties: TagFilter?

    package init(
        view: ListView = .activeOnly, hash: String? = nil, version: String? = nil, description: String? = nil,
        stage: String? = nil, tags: TagFilter? = nil, properties: TagFilter? = nil
    ) {
        (self.view, self.hash, self.version, self.description) = (view, hash, version, description)
        (self.stage, self.tags, self.properties) = (stage, tags, properties)
    }
}
