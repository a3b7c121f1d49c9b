import Platform

/// Our notes about one destination, below the state folder: its lock, its manifest, and the name of the staging folder that
/// a killed copy has left behind.
struct DestinationNotes: ~Copyable {
    private let folder: OwnedDescriptor
    private let lockFile: OwnedDescriptor

    private static let manifest: RawPath = "manifest"
    private static let staging: RawPath = "staging"
    private static let making: RawPath = "making"

    /// Waits until no other copy works on this destination. Two of them would undo each other; the one that waited then finds
    /// everything in place.
    init(
        ofDestination destination: RawPath, shownAs shown: String, stateFolder: RawPath, waited: () -> Void,
        until progress: CopyProgress
    ) throws(CopyFailure) {
        let path = stateFolder.appending("destinations").appending(RawPath(Self.name(of: destination, shownAs: shown)))
        let folder: OwnedDescriptor
        do throws(TrustedPath.Failure) {
            folder = try TrustedPath(path).makeFolder(mode: 0o700)
        } catch {
            throw CopyFailure(
                .destinationDenied, "the state folder cannot be made: \(error.reason)",
                hint: "choose one with --state-dir")
        }
        let lockFile = try Self.locked(in: folder, path, waited, progress)
        self.folder = folder
        self.lockFile = lockFile
    }

    private static func locked(
        in folder: borrowing OwnedDescriptor, _ path: RawPath, _ waited: () -> Void, _ progress: CopyProgress
    ) throws(CopyFailure) -> OwnedDescriptor {
        do throws(SystemError) {
            try folder.setMode(0o700)
            let file = try OwnedDescriptor.open("lock", in: folder, FileFlags.readWrite, mode: 0o600)
            try CopyLock.take(file, waited: waited, until: progress)
            // What a killed run was about to put in a note's place.
            for name in try folder.names() where name.isReplacement { try? folder.remove(name) }
            return file
        } catch {
            throw CopyFailure.writing(path, error)
        }
    }

    /// A name for a path: readable at its end, without what is secret in it, and different for every path.
    private static func name(of path: RawPath, shownAs shown: String) -> String {
        let hash = StableHash.of(path.bytes)
        let tail = RawPath(shown).lastComponent.text.unicodeScalars.filter { $0.isASCII && $0.properties.isAlphabetic }
        return String(hash, radix: 16) + "-" + String(String.UnicodeScalarView(tail.prefix(32)))
    }

    // MARK: The manifest

    /// An absent or unreadable manifest claims nothing: then nothing is removed and nothing counts as edited.
    func readManifest(memory: MemoryBudget) -> Manifest {
        guard let file = try? OwnedDescriptor.open(Self.manifest, in: folder, FileFlags.read) else { return Manifest() }
        return Manifest(SharedDescriptor(file), memory: memory) ?? Manifest()
    }

    /// Claims names before anything is made. Whether the claim is vague, see there.
    func begin(_ claim: ManifestClaim) throws(CopyFailure) -> Bool {
        var isVague = false
        // Of reading what is claimed, which is not the state folder's fault.
        var failure: CopyFailure?
        do throws(SystemError) {
            try folder.replace(Self.manifest, mode: 0o600) { file throws(SystemError) in
                var offset = 0
                do throws(CopyFailure) {
                    isVague = try claim.write { bytes throws(CopyFailure) in
                        do throws(SystemError) {
                            try file.write(bytes, at: offset)
                        } catch {
                            throw CopyFailure.writing(RawPath("the state folder's ").appending(Self.manifest), error)
                        }
                        offset += bytes.count
                    }
                } catch {
                    failure = error
                    throw SystemError(code: 5)
                }
            }
        } catch {
            throw failure ?? CopyFailure.writing(RawPath("the state folder's ").appending(Self.manifest), error)
        }
        return isVague
    }

    /// The copy that began with this manifest has come to its end.
    func complete() throws(CopyFailure) {
        do throws(SystemError) {
            let file = try OwnedDescriptor.open(Self.manifest, in: folder, FileFlags.write)
            try file.write(ManifestText.complete)
        } catch {
            throw CopyFailure.writing(Self.manifest, error)
        }
    }

    // MARK: The destination

    /// The destination is about to be made by us.
    func noteMaking() throws(CopyFailure) {
        try write([], to: Self.making)
    }

    var isMakingNoted: Bool {
        if case .some(.some) = try? folder.entryIfAny(of: Self.making) { true } else { false }
    }

    /// From here on the manifest says that it is ours.
    func forgetMaking() {
        try? folder.remove(Self.making)
    }

    // MARK: The staging folder

    /// The staging folder of a copy that was killed.
    func leftStaging() -> RawPath? {
        guard let file = try? OwnedDescriptor.open(Self.staging, in: folder, FileFlags.read),
            let bytes = try? FileReading.bytes(from: file.raw, limit: 255), !bytes.isEmpty
        else { return nil }
        return RawPath(bytes)
    }

    func note(staging name: RawPath) throws(CopyFailure) {
        try write(name.bytes, to: Self.staging)
    }

    func forgetStaging() {
        try? folder.remove(Self.staging)
    }

    private func write(_ bytes: [UInt8], to name: RawPath) throws(CopyFailure) {
        do throws(SystemError) {
            try folder.replace(name, with: bytes, mode: 0o600)
        } catch {
            throw CopyFailure.writing(RawPath("the state folder's ").appending(name), error)
        }
    }
}
