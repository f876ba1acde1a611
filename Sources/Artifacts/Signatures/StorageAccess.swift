/// What a request wants to do, for the check of its signature.
package struct StorageAccess: Sendable, Equatable {
    package enum Permission: Character, Sendable, CaseIterable {
        case read = "r"
        case create = "c"
        case write = "w"
        case delete = "d"
        case list = "l"
    }

    package enum Resource: Sendable, Equatable {
        case service
        case container(ContainerName)
        /// The blobs of a container as a whole: listing them.
        case contents(ContainerName)
        case blob(ContainerName, BlobName)
    }

    package var resource: Resource
    /// One of them suffices.
    package var permissions: Set<Permission>

    package init(_ resource: Resource, _ permissions: Permission...) {
        self.resource = resource
        self.permissions = Set(permissions)
    }
}

/// Where a request came from.
package struct StorageOrigin: Sendable, Equatable {
    /// Whether the connection is encrypted.
    package var isSecure: Bool
    /// The caller's IPv4 address in dotted form; `nil` if not known.
    package var address: String?

    package init(isSecure: Bool, address: String? = nil) {
        (self.isSecure, self.address) = (isSecure, address)
    }
}
