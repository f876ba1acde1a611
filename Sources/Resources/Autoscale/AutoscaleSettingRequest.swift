import FoundationEssentials

/// What a caller asks an autoscale setting to be, with everything checked that needs no look-up.
package struct AutoscaleSettingRequest: BodyReadable, Equatable {
    package var location: String
    package var tags: [String: String]
    package var properties: AutoscaleProperties

    package init(reading body: BodyReader) throws(ARMError) {
        let envelope = ResourceEnvelope(reading: body)
        location = envelope.location
        tags = envelope.tags
        properties = AutoscaleProperties(reading: body.requiredObject("properties"))
        try body.throwProblems(in: "The autoscale setting")
    }

    package init(location: String, tags: [String: String], properties: AutoscaleProperties) {
        (self.location, self.tags, self.properties) = (location, tags, properties)
    }

    /// The deployment that is scaled.
    package var target: ResourceID? { ResourceID(properties.targetResourceUri) }
}

/// PATCH of an autoscale setting: tags, and those members of the properties that it holds.
package struct AutoscaleSettingPatch: Sendable, Equatable {
    package var tags: [String: String]?
    private var members: [(name: String, value: JSONValue)]

    package init(reading body: BodyReader) throws(ARMError) {
        tags = body["tags"].isPresent ? ResourceEnvelope.readTags(body) : nil
        _ = body.object("properties")
        try body.throwProblems(in: Self.subject)
        // Absent and null members leave what is stored.
        members = body["properties"].object?.members.filter { $0.value != .null } ?? []
    }

    private static let subject = "The change of the autoscale setting"

    /// The setting as it is to be.
    package func applied(to setting: AutoscaleSetting) throws(ARMError) -> AutoscaleSettingRequest {
        var request = AutoscaleSettingRequest(
            location: setting.location, tags: tags ?? setting.tags, properties: setting.properties)
        guard !members.isEmpty else { return request }
        let changed = Set(members.map { $0.name.lowercased() })
        let kept = setting.properties.members.filter { !changed.contains($0.name.lowercased()) }
        let body = BodyReader(root: .object(JSONObject([("properties", .object(JSONObject(kept + members)))])))
        request.properties = AutoscaleProperties(reading: body.object("properties"))
        try body.throwProblems(in: Self.subject)
        return request
    }

    package static func == (one: AutoscaleSettingPatch, other: AutoscaleSettingPatch) -> Bool {
        one.tags == other.tags && one.members.elementsEqual(other.members) { $0 == $1 }
    }
}

extension AutoscaleProperties {
    /// The members as they are on the wire.
    fileprivate var members: [(name: String, value: JSONValue)] {
        // Texts, numbers and lists: they always encode, and what was encoded is read.
        guard let data = try? JSONEncoder().encode(self), let value = try? JSONParser.parse(data) else { return [] }
        return value.members
    }

    init(reading body: BodyReader) {
        profiles = body.objects("profiles") { AutoscaleProfile(reading: $0) } ?? []
        // What is not there at all was reported by the caller.
        if body.isPresent, !ServiceLimits.autoscaleProfiles.contains(profiles.count) {
            body["profiles"].report("must hold 1 to 20 profiles, not \(profiles.count)")
        }
        notifications = body.objects("notifications") { AutoscaleNotification(reading: $0) } ?? []
        enabled = body.boolean("enabled") ?? false
        name = body.string("name")
        targetResourceUri = body.isPresent ? body.requiredString("targetResourceUri") : ""
        targetResourceLocation = body.string("targetResourceLocation")
        let isDeployment = ResourceID(targetResourceUri)?.isOnlineDeployment ?? false
        if !targetResourceUri.isEmpty, !isDeployment {
            body["targetResourceUri"].report("must be the resource id of an online deployment")
        }
        let predictive = body.object("predictiveAutoscalePolicy").string("scaleMode")
        if let predictive, predictive.lowercased() != "disabled" {
            body["predictiveAutoscalePolicy"]["scaleMode"].report("must be Disabled: predictions are not made here")
        }
        checkMetrics(body)
    }

    /// Rules may look at the deployment itself and at its endpoint.
    private func checkMetrics(_ body: BodyReader) {
        guard let target = ResourceID(targetResourceUri), target.isOnlineDeployment else { return }
        for (index, profile) in profiles.enumerated() {
            for (rule, trigger) in profile.rules.map(\.metricTrigger).enumerated() {
                let place = body.element("profiles", index).element("rules", rule)["metricTrigger"]
                guard let resource = trigger.metricResource(target: target) else {
                    place["metricResourceUri"].report(
                        "must be the id of the deployment that is scaled, or of its endpoint")
                    continue
                }
                guard AutoscaleMetric.find(trigger.metricName, of: resource) == nil else { continue }
                let known = AutoscaleMetric.names(of: resource).joined(separator: ", ")
                place["metricName"].report(
                    "'\(trigger.metricName.prefix(80))' is not recorded here for \(resource.noun); known are \(known)")
            }
        }
    }
}

extension AutoscaleProfile {
    init?(reading body: BodyReader) {
        name = body.requiredString("name")
        capacity = ScaleCapacity(reading: body.requiredObject("capacity"))
        rules = body.objects("rules") { ScaleRule(reading: $0) } ?? []
        if rules.count > ServiceLimits.rulesPerProfile {
            body["rules"].report("holds \(rules.count) rules, at most \(ServiceLimits.rulesPerProfile) are allowed")
        }
        fixedDate = ScheduledSpan(reading: body.object("fixedDate"))
        recurrence = ScheduleRecurrence(reading: body.object("recurrence"))
        if fixedDate != nil, recurrence != nil {
            body["recurrence"].report("can't be given together with fixedDate")
        }
    }
}

extension ScaleCapacity {
    init(reading body: BodyReader) {
        func number(_ name: String) -> Int? {
            if body.isPresent, !body[name].isPresent { body[name].report("is required") }
            return body.integer(name, in: 0...OnlineDeploymentRequest.instanceLimit)
        }
        let (least, most, usual) = (number("minimum"), number("maximum"), number("default"))
        if let least, let most, let usual {
            if least > most {
                body["minimum"].report("must be at most maximum (\(most)), not \(least)")
            } else if !(least...most).contains(usual) {
                body["default"].report("must be between minimum (\(least)) and maximum (\(most)), not \(usual)")
            }
        }
        (minimum, maximum, `default`) = ("\(least ?? 0)", "\(most ?? 0)", "\(usual ?? 0)")
    }
}

extension ScheduledSpan {
    init?(reading body: BodyReader) {
        guard body.isPresent else { return nil }
        timeZone = body.string("timeZone")
        start = body.requiredString("start")
        end = body.requiredString("end")
        WindowsTimeZone.check(timeZone, body["timeZone"])
        for (name, text) in [("start", start), ("end", end)]
        where !text.isEmpty {
            let date = ScheduledSpan.date(text, .gmt)
            if date == nil {
                body[name].report("'\(text.prefix(40))' is not a time such as 2026-01-31T18:00:00Z")
            } else if let date, !Self.years.contains(date) {
                body[name].report("must be between the years 1970 and 9999, not '\(text.prefix(40))'")
            }
        }
        if let span = span, span.start >= span.end { body["end"].report("must be after start") }
    }

    /// What ISO 8601 writes with four digits, and the database keeps.
    private static let years = Date(timeIntervalSince1970: 0)..<Date(timeIntervalSince1970: 253_402_300_800)
}

extension ScheduleRecurrence {
    init?(reading body: BodyReader) {
        guard body.isPresent else { return nil }
        frequency = body.requiredEnumeration("frequency", of: Frequency.self) ?? .week
        let schedule = body.requiredObject("schedule")
        self.schedule = Schedule(
            timeZone: schedule.requiredString("timeZone"),
            days: schedule.strings("days")?.enumerated().compactMap { index, text in
                let day = Weekday(text)
                if day == nil {
                    schedule.element("days", index).report("'\(text.prefix(40))' is not a day of the week")
                }
                return day
            } ?? [],
            hours: schedule.integers("hours", in: 0...23) ?? [], minutes: schedule.integers("minutes", in: 0...59) ?? []
        )
        WindowsTimeZone.check(self.schedule.timeZone, schedule["timeZone"])
        for name in ["days", "hours", "minutes"] where schedule.isPresent && schedule.isEmptyList(name) {
            schedule[name].report("must hold one at least")
        }
        // Azure's words: "Specify only one value for minutes" (azure-sdk-for-python#41643, azure-docs#42655).
        for (name, values) in [("hours", self.schedule.hours), ("minutes", self.schedule.minutes)]
        where values.count > 1 {
            schedule[name].report("must hold only one value, not \(values.count); another time is another profile")
        }
    }
}

extension ScheduleRecurrence.Weekday {
    /// `Monday`, in any case of letters, or `1`, as the specification's examples have it.
    init?(_ text: String) {
        if let number = Int(text), Self.allCases.indices.contains(number) {
            self = Self.allCases[number]
            return
        }
        guard let day = Self.allCases.first(where: { $0.rawValue.lowercased() == text.lowercased() }) else {
            return nil
        }
        self = day
    }
}

extension ScaleRule {
    init?(reading body: BodyReader) {
        metricTrigger = MetricTrigger(reading: body.requiredObject("metricTrigger"))
        scaleAction = ScaleAction(reading: body.requiredObject("scaleAction"))
    }
}

extension MetricTrigger {
    init(reading body: BodyReader) {
        metricName = body.requiredString("metricName")
        metricNamespace = body.string("metricNamespace")
        metricResourceUri = body.requiredString("metricResourceUri")
        metricResourceLocation = body.string("metricResourceLocation")
        timeGrain = body.requiredDuration("timeGrain", milliseconds: ServiceLimits.metricGrainMs)
        statistic = body.requiredEnumeration("statistic", of: Statistic.self) ?? .average
        timeWindow = body.requiredDuration("timeWindow", milliseconds: ServiceLimits.metricWindowMs)
        timeAggregation = body.requiredEnumeration("timeAggregation", of: Aggregation.self) ?? .average
        `operator` = body.requiredEnumeration("operator", of: Comparison.self) ?? .greaterThan
        if body.isPresent, !body["threshold"].isPresent { body["threshold"].report("is required") }
        threshold = body.fraction("threshold", in: -1e12...1e12) ?? 0
        dividePerInstance = body.boolean("dividePerInstance") ?? false
        if let dimensions = body.objects("dimensions", { $0.string("DimensionName") ?? "" }), !dimensions.isEmpty {
            body["dimensions"].report("can't be used: metrics are not kept by dimensions here")
        }
    }
}

extension ScaleAction {
    init(reading body: BodyReader) {
        direction = body.requiredEnumeration("direction", of: Direction.self) ?? .none
        type = body.requiredEnumeration("type", of: Kind.self) ?? .changeCount
        value = "\(body.integer("value", in: (type == .exactCount ? 0 : 1)...Self.valueLimit) ?? 1)"
        cooldown = body.requiredDuration("cooldown", milliseconds: ServiceLimits.cooldownMs)
    }
}

extension AutoscaleNotification {
    init?(reading body: BodyReader) {
        operation = body.requiredEnumeration("operation", of: Operation.self) ?? .scale
        let email = body.object("email")
        if email.isPresent {
            self.email = Email(
                sendToSubscriptionAdministrator: email.boolean("sendToSubscriptionAdministrator") ?? false,
                sendToSubscriptionCoAdministrators: email.boolean("sendToSubscriptionCoAdministrators") ?? false,
                customEmails: email.strings("customEmails") ?? [])
        }
        webhooks =
            body.objects("webhooks") {
                Webhook(serviceUri: $0.string("serviceUri") ?? "", properties: $0.stringMap("properties") ?? [:])
            } ?? []
    }
}

extension WindowsTimeZone {
    fileprivate static func check(_ name: String?, _ place: BodyReader) {
        guard let name, !name.isEmpty, find(name) == nil else { return }
        place.report("'\(name.prefix(80))' is not a time zone, such as 'W. Europe Standard Time'")
    }
}
