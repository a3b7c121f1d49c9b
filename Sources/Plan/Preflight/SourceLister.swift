import ObjectStore
import Platform
import TaskFile

/// Asks one source of a mount what it holds, wherever that is.
struct SourceLister {
    let planned: PlannedMount
    let source: Source
    let machine: Machine
    let stores: any Stores
    let space: ListingSpace

    /// A problem of a source, to be told with its place in the file.
    struct Problem: Error {
        var severity = Diagnostic.Severity.error
        var code: DiagnosticCode
        var message: String
        var hint: String?
    }

    struct Outcome {
        var listed: ListedSource?
        /// Of what is to be mounted, and is not listed.
        var mounted: (source: AskedSource, isSingleObject: Bool)?
        var problems: [Problem] = []
    }

    func list() async -> Outcome {
        if planned.mount.mode.isMount { return await begin() }
        if let path = machine.path(of: source.location, planned.mount) { return listLocal(path) }
        do throws(StoreError) {
            if case .web = source.location { return try await listWeb() }
            guard case .bucket(let bucket) = source.location else { return Outcome() }
            let opened = try await stores.open(bucket, of: planned.mount)
            let listing = BucketListing(
                opened: opened, bucket: bucket.bucket, key: ObjectKey(planned.mount.keyPrefix ?? bucket.key),
                filter: ItemFilter(include: copy.include, exclude: copy.exclude), space: space)
            return outcome(of: try await listing.list(), opened)
        } catch {
            return Outcome(problems: [problem(error)])
        }
    }

    private func begin() async -> Outcome {
        do throws(AskedSource.Failure) {
            let asked = try await AskedSource.open(planned.mount, on: machine, stores: stores)
            do throws(StoreError) {
                return Outcome(mounted: (asked, try await asked.isSingleObject()))
            } catch {
                return Outcome(problems: [problem(error)])
            }
        } catch {
            switch error {
            case .notBuilt(let what): return Outcome(problems: [Problem(code: .notBuilt, message: what)])
            case .store(let error): return Outcome(problems: [problem(error)])
            }
        }
    }

    private var copy: CopyOptions { planned.mount.copy }

    // MARK: Local sources

    private func listLocal(_ path: String) -> Outcome {
        do throws(FolderWalk.Failure) {
            let found = try LocalListing(RawPath(path), include: copy.include, exclude: copy.exclude, space: space)
                .list()
            var outcome = kept(found)
            if let names = names(found.listing.leftOut) {
                outcome.problems.append(
                    Problem(
                        severity: .warning, code: .badValue, message: "not copied from `\(source.shown)`: \(names)",
                        hint: "copy what a link leads to by a destination of its own, or exclude it"))
            }
            warnIfEmpty(&outcome)
            return outcome
        } catch {
            let place = error.path.isEmpty ? "" : " at `\(error.path.text)`"
            return Outcome(problems: [
                Problem(
                    code: DiagnosticCode(ofLocalSource: error.error),
                    message: "`\(source.shown)` cannot be read\(place): \(error.error.description)")
            ])
        }
    }

    private func warnIfEmpty(_ outcome: inout Outcome) {
        guard let listed = outcome.listed, listed.listing.objects == 0 else { return }
        outcome.problems.append(
            Problem(severity: .warning, code: .badValue, message: "`\(source.shown)` holds nothing to copy"))
    }

    private func names(_ leftOut: (count: Int, first: [SourceListing.LeftOut])) -> String? {
        guard leftOut.count > 0 else { return nil }
        let names = leftOut.first.map { "`\($0.path.text)` (\($0.reason))" }.joined(separator: ", ")
        let others = leftOut.count - leftOut.first.count
        return others > 0 ? names + " and \(others) more" : names
    }

    /// A listing that could not be kept as a whole is none.
    private func kept(_ listed: ListedSource) -> Outcome {
        var outcome = Outcome(listed: listed)
        if let failure = listed.listing.failure {
            outcome.problems.append(Problem(keepingListingOf: source.shown, failure, space))
        }
        return outcome
    }

    // MARK: The web

    private func listWeb() async throws(StoreError) -> Outcome {
        let opened = try await stores.openWeb(source, of: planned.mount)
        let found = try await WebListing(
            opened: opened, key: ObjectKey(source.baseName),
            takesSuggestedName: planned.mount.destination.isFolder && !planned.mount.isList, space: space
        ).list()
        var outcome = kept(found.source)
        if found.hasUnknownSize {
            outcome.problems.append(
                Problem(
                    severity: .warning, code: .badValue,
                    message: "`\(source.shown)`: the server does not say how large it is",
                    hint: "room for it cannot be checked, and it is copied again with each run"))
        }
        return outcome
    }

    // MARK: Buckets

    private func outcome(of found: BucketListing.Found, _ opened: OpenedStore) -> Outcome {
        var outcome = kept(found.source)
        if let usual = opened.usualRegion, let region = opened.region, region != usual.name {
            outcome.problems.append(
                Problem(
                    severity: .warning, code: .wrongRegion,
                    message:
                        "`\(source.shown)` is in region \(region.printable), not in \(usual.name.printable) as \(usual.by) says",
                    hint:
                        "it is copied from there, which may be slow and cost money; `region: \(region.printable)` silences this"
                ))
        }
        if let names = names(found.source.listing.leftOut) {
            outcome.problems.append(
                Problem(
                    code: .destinationDenied, message: "`\(source.shown)` has keys that cannot be files: \(names)",
                    hint: "name them under exclude, or copy a prefix without them"))
        }
        if let first = found.archived.first {
            let others = found.archived.count > 1 ? " and \(found.archived.count - 1) more" : ""
            outcome.problems.append(
                Problem(
                    code: .archivedObject, message: "`\(first.shown)`\(others) cannot be read before it is restored",
                    hint: "restore what is archived, or exclude it"))
        }
        if found.isAlsoPrefix {
            outcome.problems.append(
                Problem(
                    severity: .warning, code: .badPrefix,
                    message: "`\(source.shown)` is an object, and there are objects below `\(source.shown)/`",
                    hint: "the object is copied; write a slash at the end for what is below"))
        }
        warnIfEmpty(&outcome)
        return outcome
    }

    private func problem(_ error: StoreError) -> Problem {
        Problem(
            code: DiagnosticCode(error.code), message: "`\(source.shown)`: \(error.told)", hint: error.hint)
    }
}

extension SourceLister.Problem {
    init(keepingListingOf source: String, _ error: SystemError, _ space: ListingSpace) {
        let folders = space.folders.map(\.text).joined(separator: ", else ")
        self.init(
            code: DiagnosticCode(ofListing: error),
            message: "the list of what is in `\(source)` cannot be kept in a file in \(folders): \(error.description)",
            hint: "free room there, or name another folder in TMPDIR")
    }
}

extension DiagnosticCode {
    /// Of a listing that could not be kept, or not be read again.
    init(ofListing error: SystemError) {
        self = error.isLackOfRoom ? .notEnoughDisk : .inputOutput
    }

    init(_ code: StoreError.Code) {
        self =
            switch code {
            case .notFound: .notFound
            case .denied: .denied
            case .noCredentials: .noCredentials
            case .expiredCredentials: .expiredCredentials
            case .wrongRegion: .wrongRegion
            case .archived: .archivedObject
            case .unreachable, .throttled, .cancelled, .changed, .inputOutput: .unreachable
            case .invalid, .unsupported, .conditionFailed, .tooLarge: .unsupportedStore
            case .noSpace: .notEnoughDisk
            }
    }
}
