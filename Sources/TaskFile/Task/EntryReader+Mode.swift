extension EntryReader {
    func readMode(_ draft: inout Draft) {
        let stated = draft.fields["mode"]
        if case .text(let text)? = stated?.value {
            draft.mode = Mode(rawValue: text.value)
        } else if draft.fields.present["mode"] == nil, draft.isShortForm || !draft.sources.isEmpty {
            draft.mode = defaultMode(draft)
        }
        guard let mode = draft.mode, mode.isMount else { return }
        let blame = stated?.position ?? draft.sourcePosition
        let blamePath = stated?.path ?? path
        if draft.sources.contains(where: { $0.store == .web }) {
            diagnostics.error(
                .modeConflict, "a file on the web cannot be mounted", hint: "write mode: COPY", at: blame, blamePath)
        } else if draft.isList && draft.fields.present["name"] == nil {
            diagnostics.error(
                .modeConflict, "a list of sources cannot be mounted", hint: "write mode: COPY, or mount each by itself",
                at: blame, blamePath)
        }
    }

    /// The short form copies; the long form mounts what can be written back to.
    private func defaultMode(_ draft: Draft) -> Mode {
        if draft.isShortForm || draft.sources.contains(where: { $0.store == .web }) { return .copy }
        if draft.fields.present["name"] != nil { return .mount }
        return draft.isList || draft.sources.contains { $0.location.isLocalPath } ? .copy : .mount
    }

    /// Keys that do not go with the mode or the store.
    func checkFit(_ draft: Draft) {
        if let mode = draft.mode {
            for (name, position) in draft.fields.present {
                guard let rule = EntryKeys.rules[name], !rule.modes.contains(mode) else { continue }
                report(rule.name, doesNotGoWith: mode, itsModes: rule.modes, at: position, "\(path).\(rule.name)")
            }
            checkConfig(draft, mode)
            checkNonempty(draft, mode)
            checkSyncBack(draft, mode)
        }
        guard !draft.stores.isEmpty else { return }
        StoreFit(diagnostics: diagnostics).check(
            draft.fields, EntryKeys.rules, stores: draft.stores, owner: storeNames(draft.stores), path: path)
    }

    private func storeNames(_ stores: Set<Store>) -> String {
        Store.allCases.filter(stores.contains).map(\.displayName).joined(separator: ", ")
    }

    private func report(
        _ key: String, doesNotGoWith mode: Mode, itsModes modes: Set<Mode>, at position: Position, _ path: String
    ) {
        let fitting = Mode.allCases.filter(modes.contains).map(\.rawValue).joined(separator: " and ")
        diagnostics.error(
            .modeConflict, "`\(key)` does not go with \(mode.rawValue)", hint: "it is for \(fitting)", at: position,
            path)
    }

    private func checkConfig(_ draft: Draft, _ mode: Mode) {
        guard let config = draft.fields.fields("config") else { return }
        for (key, own) in [("mount", Mode.mount), ("mount_cached", .mountCached)] where own != mode {
            guard let position = config.present[key] else { continue }
            report("config.\(key)", doesNotGoWith: mode, itsModes: [own], at: position, "\(path).config.\(key)")
        }
    }

    private func checkNonempty(_ draft: Draft, _ mode: Mode) {
        guard let field = draft.fields["on_nonempty"], case .text(let text) = field.value,
            let choice = OnNonempty(rawValue: text.value)
        else { return }
        let allowed = OnNonempty.allowed(in: mode)
        guard !allowed.contains(choice) else { return }
        diagnostics.error(
            .modeConflict, "`on_nonempty: \(choice.rawValue)` does not go with \(mode.rawValue)",
            hint: "allowed with it: \(allowed.map(\.rawValue).joined(separator: ", "))", at: field.position, field.path)
    }

    private func checkSyncBack(_ draft: Draft, _ mode: Mode) {
        guard draft.fields.string("sync_back") == "on_exit", let field = draft.fields["sync_back"] else { return }
        if mode.isMount && draft.fields.string("on_no_fuse") != "copy" {
            diagnostics.error(
                .modeConflict, "`sync_back` does not go with \(mode.rawValue): a mount writes back by itself",
                hint: "it is for COPY, or beside on_no_fuse: copy", at: field.key, field.path)
        } else if draft.stores == [.web] {
            diagnostics.error(
                .storeConflict, "`sync_back` needs a store that can be written to", at: field.key, field.path)
        }
    }
}
