package import Resources

/// What a write came to.
package struct Written<Resource: Sendable>: Sendable {
    package var resource: Resource
    /// The operation that brings the change about; nil when nothing had to change, or everything is done.
    package var operation: ResourceOperation?
    package var wasMade: Bool

    package init(_ resource: Resource, operation: ResourceOperation? = nil, wasMade: Bool) {
        (self.resource, self.operation, self.wasMade) = (resource, operation, wasMade)
    }
}
