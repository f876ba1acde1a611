/// What a caller asks an asset's container to be: `CodeContainer`, `ModelContainer`, `EnvironmentContainer`, `DataContainer`.
package struct AssetContainerRequest: Sendable, Equatable {
    package var properties: AssetBaseProperties

    package init(reading body: BodyReader, kind: AssetKind) throws(ARMError) {
        let place = body.requiredObject("properties")
        properties = AssetBaseProperties(reading: place)
        if kind == .data {
            properties.dataType = place.requiredEnumeration("dataType", of: DataContent.Kind.self)
        }
        try body.throwProblems(in: "The container")
    }
}

/// What a caller asks a version to be.
package struct AssetVersionRequest: Sendable, Equatable {
    package var properties: AssetBaseProperties
    package var content: AssetContent

    package init(properties: AssetBaseProperties, content: AssetContent) {
        (self.properties, self.content) = (properties, content)
    }

    /// Reads a PUT body; throws all problems at once.
    package init(reading body: BodyReader, kind: AssetKind) throws(ARMError) {
        let properties = body.requiredObject("properties")
        self.properties = AssetBaseProperties(reading: properties)
        switch kind {
        case .code: content = .code(CodeContent(reading: properties))
        case .model: content = .model(ModelContent(reading: properties))
        case .environment: content = .environment(EnvironmentContent(reading: properties))
        case .data: content = .data(DataContent(reading: properties))
        }
        try body.throwProblems(in: "The \(kind.noun) version")
    }
}

extension CodeContent {
    init(reading body: BodyReader) {
        codeUri = body.requiredString("codeUri")
    }
}

extension ModelContent {
    init(reading body: BodyReader) {
        modelUri = body.requiredString("modelUri")
        let written = body.string("modelType") ?? "custom_model"
        // `CustomModel` in some examples, `custom_model` in others.
        let plain = written.lowercased().filter { $0 != "_" }
        let kind = ModelSpecification.Kind.allCases.first { $0.rawValue.filter { $0 != "_" } == plain }
        modelType = kind?.rawValue ?? written
        if kind == nil {
            body["modelType"].report("'\(written)' is not one of custom_model, mlflow_model, triton_model")
        }
        jobName = body.string("jobName")
        flavors = body.objectMap("flavors") { Flavor(data: $0.stringMap("data") ?? [:]) } ?? [:]
    }
}

extension DataContent {
    init(reading body: BodyReader) {
        dataType = body.requiredEnumeration("dataType", of: Kind.self) ?? .uriFolder
        dataUri = body.requiredString("dataUri")
    }
}

extension EnvironmentContent {
    init(reading body: BodyReader) {
        image = body.string("image")
        condaFile = body.string("condaFile")
        let build = body.object("build")
        self.build =
            build.isPresent
            ? Build(
                contextUri: build.requiredString("contextUri"),
                dockerfilePath: build.string("dockerfilePath") ?? "Dockerfile") : nil
        osType = body.enumeration("osType", of: OperatingSystem.self) ?? .linux
        let inference = body.object("inferenceConfig")
        inferenceConfig =
            inference.isPresent
            ? Inference(
                livenessRoute: InferenceRoute(reading: inference.object("livenessRoute")),
                readinessRoute: InferenceRoute(reading: inference.object("readinessRoute")),
                scoringRoute: InferenceRoute(reading: inference.object("scoringRoute"))) : nil
        if image == nil, condaFile == nil, self.build == nil {
            body.report("needs an image, a condaFile or a build")
        }
    }
}

extension EnvironmentContent.InferenceRoute {
    init?(reading body: BodyReader) {
        guard body.isPresent else { return nil }
        path = body.requiredString("path")
        port = body.integer("port", in: 1...65_535) ?? 0
        if !body["port"].isPresent { body["port"].report("is required") }
    }
}
