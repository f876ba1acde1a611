/// Lifecycle of an endpoint or a deployment.
package enum ProvisioningState: String, Sendable, Codable, CaseIterable {
    /// Made, not yet usable. To: succeeded, failed, canceled, deleting.
    case creating = "Creating"
    /// A change is being carried out; the former state serves on. To: succeeded, failed, canceled, deleting.
    case updating = "Updating"
    /// Only the number of instances changes. To: succeeded, failed, canceled, deleting.
    case scaling = "Scaling"
    /// Going away; nothing leads back. To: gone, or failed when the deletion could not be finished.
    case deleting = "Deleting"
    case succeeded = "Succeeded"
    case failed = "Failed"
    case canceled = "Canceled"

    /// What can happen to a resource.
    package enum Event: Sendable, CaseIterable {
        case updateRequested
        case scalingRequested
        case deletionRequested
        case operationSucceeded
        case operationFailed
        case operationCanceled
    }

    /// The state after an event; nil where the event is illegal.
    package func next(on event: Event) -> ProvisioningState? {
        switch (self, event) {
        case (.deleting, .operationFailed): .failed
        case (.deleting, .operationCanceled): .canceled
        case (.deleting, _): nil
        case (_, .deletionRequested): .deleting
        case (.succeeded, .updateRequested), (.failed, .updateRequested), (.canceled, .updateRequested): .updating
        case (.succeeded, .scalingRequested), (.failed, .scalingRequested), (.canceled, .scalingRequested): .scaling
        case (.creating, .operationSucceeded), (.updating, .operationSucceeded), (.scaling, .operationSucceeded):
            .succeeded
        case (.creating, .operationFailed), (.updating, .operationFailed), (.scaling, .operationFailed): .failed
        case (.creating, .operationCanceled), (.updating, .operationCanceled), (.scaling, .operationCanceled): .canceled
        default: nil
        }
    }

    package var isTerminal: Bool {
        switch self {
        case .succeeded, .failed, .canceled: true
        case .creating, .updating, .scaling, .deleting: false
        }
    }
}
