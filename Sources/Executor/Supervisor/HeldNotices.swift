import Platform

/// What a supervisor shows without being asked, for every run that has wanted that: as long as what the run needs is there.
struct HeldNotices {
    private struct Held {
        let holder: MountHolder
        let task: String
        let notices: Notices
        /// Everything that the run needs is there.
        var isUp: Bool
        /// What the service manager was told last.
        var told = ""
    }

    private var held: [Held] = []
    /// What runs have copied, by destination.
    private var copies: [String: MountStatus] = [:]
    /// Mounts that have gone, as they were last.
    private var gone: [String: MountStatus] = [:]

    var isEmpty: Bool { held.isEmpty }

    /// The ready files that are there.
    var readyFiles: Set<NoticeFile> { Set(held.compactMap { $0.isUp ? $0.notices.readyFile : nil }) }

    /// Of the same run again, and of another one without COMMAND that wants the same, the last counts.
    mutating func add(_ announcement: Announcement) {
        let holder = MountHolder(announcement.user)
        held.removeAll { $0.holder == holder && $0.notices == announcement.notices }
        held.append(
            Held(
                holder: holder, task: announcement.task, notices: announcement.notices, isUp: announcement.isReady))
        for copy in announcement.copies { copies[copy.destination] = copy }
    }

    /// What these need is not there any more, or about to go; nothing: what anybody needs. Returns whom to tell so.
    mutating func lower(_ holders: Set<MountHolder>?) -> [ServiceManager] {
        var managers: [ServiceManager] = []
        for index in held.indices where held[index].isUp && holders?.contains(held[index].holder) ?? true {
            held[index].isUp = false
            if let manager = held[index].notices.serviceManager { managers.append(manager) }
        }
        return managers
    }

    mutating func forget(_ holder: MountHolder) { held.removeAll { $0.holder == holder } }

    mutating func note(gone mount: MountStatus) { gone[mount.destination] = mount }

    /// By metrics file, with the mounts that are there.
    func metrics(_ mounts: [MountStatus]) -> [(file: NoticeFile, text: String)] {
        var all = copies.merging(gone) { _, last in last }
        for mount in mounts { all[mount.destination] = mount }
        let shown = all.values.sorted { $0.destination < $1.destination }
        return held.compactMap { held in
            held.notices.metricsFile.map { file in
                (file, MetricsText(task: held.task, isReady: held.isUp, mounts: shown).text)
            }
        }
    }

    /// What service managers have not been told yet of what is still to be done.
    mutating func news(_ mounts: [MountStatus]) -> [(manager: ServiceManager, text: String)] {
        let pending = mounts.reduce(0) { $0 + $1.uploads.pending }
        var news: [(manager: ServiceManager, text: String)] = []
        for index in held.indices where !held[index].isUp {
            guard let manager = held[index].notices.serviceManager else { continue }
            let dead = mounts.first { $0.state == .failed }
            let text =
                dead.map { "\($0.destination): \($0.error?.message ?? "failed")" } ?? StatusLine.draining(pending)
            guard held[index].told != text else { continue }
            held[index].told = text
            news.append((manager, text))
        }
        return news
    }
}

extension MountHolder {
    init(_ user: String?) { self = user.map { .command($0) } ?? .task }
}
