import Resources

/// What a PUT comes to where the resource is there and operations bring changes about.
enum PutDecision: Equatable {
    /// The same was asked for before, and the operation that brings it about still runs.
    case join(ResourceOperation)
    /// It is what was asked for.
    case unchanged
    /// Another operation runs.
    case busy(ResourceOperation)
    /// It gets this state, and an operation.
    case update(ProvisioningState)
    /// Nothing leads from this state to what was asked for.
    case illegal(ProvisioningState)

    /// - Parameters:
    ///   - state: of the stored resource.
    ///   - isSame: whether it holds what is asked for.
    ///   - running: the operation that runs on it.
    ///   - kind: of the operation that a PUT starts.
    init(state: ProvisioningState, isSame: Bool, running: ResourceOperation?, kind: OperationKind) {
        if let running {
            self = isSame && running.kind == kind ? .join(running) : .busy(running)
        } else if isSame, state == .succeeded {
            self = .unchanged
        } else {
            self = state.next(on: .updateRequested).map(PutDecision.update) ?? .illegal(state)
        }
    }
}

/// Rules that hold for every tracked resource.
enum WriteRules {
    /// - Parameter subject: as a message begins, such as `The endpoint 'house'`.
    static func checkLocation(_ stored: String, _ requested: String, _ subject: String) throws(ARMError) {
        guard stored != requested else { return }
        throw ARMError(
            .invalidResourceLocation, "\(subject) is in '\(stored)'; it can't move.", target: "$.location")
    }

    static func illegal(_ state: ProvisioningState, _ subject: String) -> ARMError {
        ARMError(.conflict, "\(subject) is \(state.rawValue).")
    }

    static func lost(_ subject: String) -> ARMError {
        ARMError(.conflict, "\(subject) was changed by somebody else; try again.")
    }
}
