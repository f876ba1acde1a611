import Foundation

/// Finding out which versions an environment consists of.
extension Installer {
    struct Resolution {
        var options: PipOptions
        /// What the owner of the environment should know.
        var notes: [String] = []
    }

    /// Resolves the requirements into `resolved` of the build's place. Packages may be built to learn what they need: that
    /// is done with a cache of the build's own. Throws one error for all of conda's packages that can't be had.
    func resolve(_ recipe: EnvironmentRecipe, _ build: Build) async throws(ComputeError) -> Resolution {
        let options = PipOptions(recipe.requirements)
        guard recipe.problems.isEmpty else {
            let absent = await absentPackages(recipe, options, build)
            throw CondaFile.refusal(recipe.problems + absent)
        }
        do {
            try await compile(options, build)
            return Resolution(options: options)
        } catch {
            guard canGoOn(build, after: error) else { throw error }
            return try await resolveAgain(recipe, options, build, after: error)
        }
    }

    /// As pip does, goes on without the places that can't be reached.
    private func resolveAgain(
        _ recipe: EnvironmentRecipe, _ options: PipOptions, _ build: Build, after failure: ComputeError
    ) async throws(ComputeError) -> Resolution {
        var error = failure
        let unreachable = await unreachablePlaces(options, build)
        let rest = options.without(unreachable)
        if !unreachable.isEmpty {
            let shown = unreachable.map(\.shown).joined(separator: ", ")
            do {
                try await compile(rest, build)
                return Resolution(options: rest, notes: ["without what can't be reached: \(shown)"])
            } catch let second {
                guard canGoOn(build, after: second) else { throw second }
                error = second
                error.message += " (without what can't be reached: \(shown))"
            }
        }
        let absent = await absentPackages(recipe, rest, build)
        throw absent.isEmpty ? error : CondaFile.refusal(absent, log: error.log)
    }

    private func canGoOn(_ build: Build, after error: ComputeError) -> Bool {
        error.code == .environmentBuildFailed && ContinuousClock.now < build.deadline && !Task.isCancelled
    }

    private func compile(_ options: PipOptions, _ build: Build) async throws(ComputeError) {
        let requirements = try build.place.input("requirements.txt", options.lines, for: build.account)
        let output = build.place.resolved.path(percentEncoded: false)
        // Without confinement nothing is kept apart; without a network only the shared cache has anything.
        let isApart = build.mode != .none && !build.place.isOffline
        let noBuild = build.mode != .none && build.place.isOffline ? ["--no-build"] : []
        try await run(
            build, compilation(of: requirements, to: output, options, build) + noBuild,
            cache: isApart ? .own : .shared)
    }

    private func compilation(
        of requirements: String, to output: String, _ options: PipOptions, _ build: Build
    ) -> [String] {
        [
            "pip", "compile", "--python", "\(build.target)/bin/python", "--no-header", "--no-annotate",
            "--emit-index-url", "--emit-find-links", "--emit-index-annotation", "--quiet", "--output-file", output,
            requirements,
        ] + options.arguments
    }

    /// Asks each place once more for anything at all. An index may have no page for a package, but must not fail.
    private func unreachablePlaces(_ options: PipOptions, _ build: Build) async -> [PipOptions.Place] {
        var unreachable: [PipOptions.Place] = []
        for place in options.places.prefix(Self.placeLimit) {
            // A place that can't even be asked about stays in.
            guard let file = try? build.place.input("place.txt", [place.url], for: build.account) else { continue }
            let python = "\(build.target)/bin/python"
            let question = ["-I", "-c", Self.question, file, place.kind == .index ? "index" : "links"]
            do throws(ComputeError) {
                try await run(build.quiet, question, cache: .own, program: python)
            } catch {
                if canGoOn(build, after: error) { unreachable.append(place) }
            }
        }
        return unreachable
    }

    /// The URL comes in a file, for it may hold a password.
    private static let question = """
        import base64, sys, urllib.error, urllib.parse, urllib.request
        url = urllib.parse.urlsplit(open(sys.argv[1]).read().strip())
        user, at, host = url.netloc.rpartition("@")
        path = url.path.rstrip("/") + "/pip/" if sys.argv[2] == "index" else url.path
        request = urllib.request.Request(urllib.parse.urlunsplit((url.scheme, host, path, url.query, "")))
        if at:
            token = base64.b64encode(urllib.parse.unquote(user).encode()).decode()
            request.add_header("Authorization", "Basic " + token)
        try:
            urllib.request.urlopen(request, timeout=15).read(1)
        except urllib.error.HTTPError as error:
            sys.exit(0 if error.code == 404 and sys.argv[2] == "index" else 1)
        """

    /// A problem for each of conda's packages that no index has in a version that will do. None where the index can't be
    /// asked, or where it takes too long: then the installer's own words have to do.
    private func absentPackages(
        _ recipe: EnvironmentRecipe, _ options: PipOptions, _ build: Build
    ) async -> [String] {
        let packages = Array(recipe.packages.prefix(Self.packageLimit))
        let deadline = min(build.deadline, ContinuousClock.now + Self.searchLimit)
        guard !packages.isEmpty, await isThere([EnvironmentRecipe.server], options, build) else { return [] }
        return await absent(packages, options, build, until: deadline).map { package in
            "\"\(package.entry)\" is not on the package index by this name and version, for Python "
                + "\(recipe.interpreter.version); list it under \"pip:\" as it is called there"
        }
    }

    /// Halves what can't be had together until single packages are left.
    private func absent(
        _ packages: [CondaFile.Package], _ options: PipOptions, _ build: Build, until deadline: ContinuousClock.Instant
    ) async -> [CondaFile.Package] {
        guard ContinuousClock.now < deadline, !Task.isCancelled else { return [] }
        if await isThere(packages.map(\.requirement), options, build) { return [] }
        if packages.count == 1 { return packages }
        let middle = packages.count / 2
        let first = await absent(Array(packages[..<middle]), options, build, until: deadline)
        return first + (await absent(Array(packages[middle...]), options, build, until: deadline))
    }

    private func isThere(_ requirements: [String], _ options: PipOptions, _ build: Build) async -> Bool {
        let output = build.place.url.appending(path: "found.txt").path(percentEncoded: false)
        do throws(ComputeError) {
            let file = try build.place.input("wanted.txt", options.options + requirements, for: build.account)
            try await run(
                build.quiet, compilation(of: file, to: output, options, build) + ["--no-deps"],
                cache: build.mode == .none ? .shared : .own)
            return true
        } catch {
            return false
        }
    }

    private static let placeLimit = 16
    private static let packageLimit = 256
    private static let searchLimit = Duration.seconds(60)
}

extension Installer.Build {
    /// The same, with nobody to read what its programs say.
    fileprivate var quiet: Installer.Build {
        var quiet = self
        quiet.log = URL(filePath: "/dev/null")
        return quiet
    }
}
