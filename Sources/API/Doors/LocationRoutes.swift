import ControlPlane
import Hummingbird
import Resources

/// What belongs to a region: `Usages_List`, `Quotas_List`, `VirtualMachineSizes_List`. All regions are this installation.
struct LocationRoutes {
    let service: QuotaService

    static let location = PathTemplate(
        "/subscriptions/{subscription}/providers/Microsoft.MachineLearningServices/locations/{location}")

    var routes: [APIRoute] {
        [
            .get(Self.location + "usages", use: usages), .get(Self.location + "quotas", use: quotas),
            .get(Self.location + "vmSizes", use: sizes),
        ]
    }

    /// `Usage`; a limit of -1 is none.
    @Sendable func usages(_ request: Request, _ context: APIRequestContext) async throws -> Response {
        try await respond("usages", request, context) { usage, body in
            body.set("currentValue", usage.current)
        }
    }

    /// `ResourceQuota`; a limit of -1 is none.
    @Sendable func quotas(_ request: Request, _ context: APIRequestContext) async throws -> Response {
        let location = try context.parameter("location")
        return try await respond("quotas", request, context) { _, body in
            body.set("amlWorkspaceLocation", location)
        }
    }

    private func respond(
        _ kind: String, _ request: Request, _ context: APIRequestContext,
        _ complete: (QuotaUsage, inout Document) -> Void
    ) async throws -> Response {
        let type = "Microsoft.MachineLearningServices/locations"
        let subscription = try context.parameter("subscription")
        let location = "/subscriptions/\(subscription)/providers/\(type)/\(try context.parameter("location"))"
        _ = try request.parameters.page()  // there is only one page, however it is asked for
        let found = try await service.usages(caller: try context.caller, subscription: subscription)
        let items = found.map { usage in
            var name = Document()
            name.set("value", usage.name)
            name.set("localizedValue", usage.localizedName)
            var body = Document()
            body.set("id", "\(location)/\(kind)/\(usage.name)")
            body.set("type", "\(type)/\(kind)")
            body.set("unit", "Count")
            body.set("limit", usage.limit ?? -1)
            body.set("name", name.value)
            complete(usage, &body)
            return body.value
        }
        return Response(ListBody.document(items))
    }

    /// `VirtualMachineSizeListResult`.
    @Sendable func sizes(_ request: Request, _ context: APIRequestContext) async throws -> Response {
        try await service.check(caller: try context.caller, subscription: try context.parameter("subscription"))
        return Response(ListBody.document(service.instanceTypes.all.map(\.document)))
    }
}

extension InstanceType {
    /// `VirtualMachineSize`.
    fileprivate var document: JSONValue {
        var body = Document()
        body.set("name", name)
        body.set("vCPUs", cores)
        body.set("gpus", gpus)
        body.set("memoryGB", memoryGiB)
        body.set("lowPriorityCapable", false)
        body.set("premiumIO", false)
        body.set("supportedComputeTypes", [.string("OnlineDeployment")])
        if let hourlyPrice {
            var price = Document()
            price.set("retailPrice", hourlyPrice)
            price.set("osType", "Linux")
            price.set("vmTier", "Standard")
            var prices = Document()
            prices.set("billingCurrency", "USD")
            prices.set("unitOfMeasure", "OneHour")
            prices.set("values", [price.value])
            body.set("estimatedVMPrices", prices.value)
        }
        return body.value
    }
}
