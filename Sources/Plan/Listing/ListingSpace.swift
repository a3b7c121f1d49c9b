public import Platform

/// Where what is listed is kept: in memory as far as there is some, then in a file.
public struct ListingSpace: Sendable {
    public let memory: MemoryBudget
    /// Where the file is made; the first that can have one. Better on a disk: what is in memory would only be there elsewhere.
    public let folders: [RawPath]

    public init(_ memory: MemoryBudget, folders: [RawPath] = ["/var/tmp", "/tmp"]) {
        self.memory = memory
        self.folders = folders
    }

    /// With the folder that the environment names for temporary files before all others, then the state folder, where that is on
    /// a disk.
    public init(_ memory: MemoryBudget, _ environment: Environment, stateFolder: RawPath?) {
        let named = environment.nonEmpty("TMPDIR").map { RawPath($0) }.flatMap { $0.isAbsolute ? $0 : nil }
        let usual = ListingSpace(memory)
        self.init(memory, folders: [named, stateFolder].compactMap { $0 } + usual.folders)
    }
}
