package import Resources
package import Templates

/// Where a deployment lives, under which name.
package struct TemplateDeploymentAddress: Sendable, Hashable {
    package var scope: DeploymentScope
    package var name: String

    package init(scope: DeploymentScope, name: String) {
        (self.scope, self.name) = (scope, name)
    }

    package var id: String {
        TemplateDeployment.id(subscription: scope.subscriptionID, resourceGroup: scope.resourceGroup, name: name)
    }

    /// 1 to 64 letters, digits, `-`, `_`, `.`, `(` and `)`.
    func check() throws(ARMError) {
        guard (1...64).contains(name.utf16.count) else {
            throw ARMError(
                .deploymentNameLengthLimitExceeded,
                "The deployment name has \(name.utf16.count) characters; 1 to 64 are allowed.", target: "name")
        }
        let isValid = name.unicodeScalars.allSatisfy { scalar in
            scalar.properties.isAlphabetic || scalar.properties.numericType != nil
                || "-_.()".unicodeScalars.contains(scalar)
        }
        guard isValid else {
            throw ARMError(
                .deploymentNameInvalidCharacters,
                "The deployment name '\(name)' may hold letters, digits, '-', '_', '.', '(' and ')' only.",
                target: "name")
        }
    }
}

/// The body of a deployment, of its validation, and of what-if.
package struct TemplateDeploymentRequest: Sendable {
    package enum ResultFormat: String, Sendable, CaseIterable {
        case resourceIDOnly = "ResourceIdOnly"
        case fullPayloads = "FullResourcePayloads"
    }

    package var mode: TemplateDeploymentMode
    /// Of a deployment at subscription scope.
    package var location: String?
    package var tags: [String: String]
    package var template: JSONValue?
    package var templateLink: JSONValue?
    package var parameters: JSONValue?
    package var parametersLink: JSONValue?
    package var debugSetting: JSONValue?
    package var onErrorDeployment: JSONValue?
    /// Of what-if alone.
    package var resultFormat: ResultFormat

    /// Members that must be objects, with members of theirs that must be texts.
    private static let objects: KeyValuePairs<String, [String]> = [
        "template": [], "parameters": [], "onErrorDeployment": [], "debugSetting": ["detailLevel"],
        "templateLink": ["uri", "id", "relativePath", "contentVersion"], "parametersLink": ["uri", "contentVersion"],
    ]

    /// Reads a body; throws every problem of its form.
    package init(reading root: JSONValue) throws(ARMError) {
        let body = BodyReader(root: root)
        let properties = body.requiredObject("properties")
        mode = properties.requiredEnumeration("mode", of: TemplateDeploymentMode.self) ?? .incremental
        location = body.string("location")
        tags = ResourceEnvelope.readTags(body)
        resultFormat =
            properties.object("whatIfSettings").enumeration("resultFormat", of: ResultFormat.self) ?? .fullPayloads
        for (name, texts) in Self.objects {
            let object = properties.object(name)
            for text in texts { _ = object.string(text) }
        }
        let raw = root["properties"]
        template = raw?["template"]?.unlessNull
        templateLink = raw?["templateLink"]?.unlessNull
        parameters = raw?["parameters"]?.unlessNull
        parametersLink = raw?["parametersLink"]?.unlessNull
        debugSetting = raw?["debugSetting"]?.unlessNull
        onErrorDeployment = raw?["onErrorDeployment"]?.unlessNull
        if (template == nil) == (templateLink == nil) {
            properties.report("must have either 'template' or 'templateLink'")
        }
        if parameters != nil, parametersLink != nil {
            properties.report("must not have both 'parameters' and 'parametersLink'")
        }
        if onErrorDeployment != nil {
            properties["onErrorDeployment"].report("is not supported: a failed deployment is not rolled back")
        }
        if let scope = raw?["expressionEvaluationOptions"]?["scope"]?.text?.lowercased(), scope == "outer" {
            properties["expressionEvaluationOptions"].report("can be 'outer' for nested templates only")
        }
        try body.throwProblems(in: "The deployment")
    }

    /// What of the request is shown again.
    var shown: JSONValue {
        TemplateLinks.shown(template: templateLink, parameters: parametersLink, debugSetting: debugSetting)
    }
}

extension JSONValue {
    var unlessNull: JSONValue? { self == .null ? nil : self }
}
