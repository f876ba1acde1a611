import ControlPlane
import Resources
import Templates

extension ResourceAddress {
    /// The id as the services of machine learning take it.
    func resourceID() throws(ARMError) -> ResourceID {
        guard let id = ResourceID(id) else {
            throw ARMError(
                .invalidTemplate,
                "Resources of the type '\(type)' live in a resource group; '\(id.prefix(300))' does not.", target: id)
        }
        return id
    }
}

/// The answer, or nil where the error says that something on the way is not there.
func unlessMissing<Value>(_ look: () async throws -> Value) async throws -> Value? {
    do {
        return try await look()
    } catch let error as ARMError where error.code.status == .notFound {
        return nil
    }
}

/// The problems that some work throws: none, one, or all details of an error that lists several.
func problems(_ work: () async throws -> Void) async throws -> [ARMError] {
    do {
        try await work()
        return []
    } catch let error as ARMError {
        return error.problems
    }
}

extension ResourceProvider {
    /// What holds a resource must be there, or be made by the same deployment.
    func parentProblems(
        _ address: ResourceAddress, planned: PlannedResources, _ exists: () async throws -> Void
    ) async throws -> [ARMError] {
        if let parent = address.parent, planned.contains(parent.id) { return [] }
        return try await problems(exists)
    }

    /// A resource keeps its region.
    func locationProblem(_ stored: String, _ wished: String, _ address: ResourceAddress) -> [ARMError] {
        guard stored != wished else { return [] }
        return [
            ARMError(
                .invalidResourceLocation,
                "The resource '\(address.name)' is in '\(stored)'; it can't move to '\(wished)'.", target: "$.location")
        ]
    }
}

// MARK: Lists

/// Everything of a list, page by page.
func allPages<Item: Sendable>(_ list: (PageRequest) async throws -> Page<Item>) async throws -> [Item] {
    var items: [Item] = []
    var request = PageRequest(count: PageRequest.maximumCount)
    while true {
        let page = try await list(request)
        items += page.items
        guard let next = page.next else { return items }
        request.after = next
    }
}
