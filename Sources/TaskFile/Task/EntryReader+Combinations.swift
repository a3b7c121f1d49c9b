extension EntryReader {
    /// Keys that contradict each other, and choices that deserve a warning.
    func checkCombinations(_ draft: Draft) {
        let fields = draft.fields
        AccessCheck(diagnostics: diagnostics).check(fields, store: draft.stores.count == 1 ? draft.stores.first : nil)
        checkReadOnly(draft)
        checkPrefix(draft)
        checkURLAgainstKeys(draft)
        if fields.boolean("persistent") == false, let field = fields["persistent"] {
            diagnostics.warning(
                .badValue, "`persistent: false` is not done: buckets are never deleted",
                hint: "delete the bucket yourself when it is no longer needed", at: field.position, field.path)
        }
        if fields.string("commit") == Commit.background.rawValue, let field = fields["commit"] {
            diagnostics.warning(
                .badValue, "with `commit: background` neither close nor fsync waits for the bucket",
                hint: "the data is safe only once the exit barrier, `provision flush` or `down` says so",
                at: field.position, field.path)
        }
        if fields.boolean("links") == true, fields.boolean("extract") == true, let links = fields["links"] {
            diagnostics.error(
                .keyConflict, "`links` and `extract` do not go together", hint: "unpack in an entry of its own",
                at: links.key, links.path)
        }
        checkShard(fields)
        if draft.mode == .copy, let field = fields["cache"] {
            diagnostics.warning(
                .notBuilt, "`cache` is understood, but copies of this build of provision do not use one yet",
                at: field.key, field.path)
        }
        if fields.string("on_no_fuse") == "copy", let field = fields["on_no_fuse"],
            effectiveReadOnly(draft) != true, fields.string("sync_back") != "on_exit"
        {
            diagnostics.error(
                .keyConflict, "`on_no_fuse: copy` would lose what is written into the copy",
                hint: "add read_only: true, or sync_back: on_exit", at: field.key, field.path)
        }
    }

    private func checkShard(_ fields: Fields) {
        guard let field = fields["shard"], let shard = fields.fields("shard") else { return }
        for key in ["index", "count"] where shard.present[key] == nil {
            diagnostics.error(
                .badValue, "`shard` has no `\(key)`", hint: "write shard: auto, or {index: 0, count: 4}",
                at: field.position, field.path)
        }
        guard let index = shard.integer("index"), let count = shard.integer("count"), index >= count,
            let place = shard["index"]
        else { return }
        diagnostics.error(
            .badValue, "share \(index) of \(count) does not exist", hint: "index runs from 0 to \(count - 1)",
            at: place.position, place.path)
    }

    // MARK: Reading only

    private func effectiveReadOnly(_ draft: Draft) -> Bool? {
        EntryOptions(draft.fields).isReadOnly(
            mode: draft.mode, preset: draft.fields.string("type").flatMap(Preset.init))
    }

    private func checkReadOnly(_ draft: Draft) {
        let fields = draft.fields
        if let type = fields["type"], let preset = fields.string("type").flatMap(Preset.init),
            let stated = EntryOptions(fields).isReadOnly(mode: draft.mode, preset: nil), stated != preset.isReadOnly
        {
            diagnostics.error(
                .keyConflict, "`type: \(preset.rawValue)` and `read_only: \(stated)` contradict each other",
                hint: "remove read_only: the type says it", at: type.key, type.path)
        }
        if let config = fields.fields("config"), let outer = fields.boolean("read_only") {
            for key in ["mount", "mount_cached"] {
                guard let inner = config.fields(key)?["read_only"], case .boolean(outer)? = fields["read_only"]?.value
                else { continue }
                guard case .boolean(let value) = inner.value, value != outer else { continue }
                diagnostics.error(
                    .keyConflict, "`read_only` here and `read_only: \(outer)` of the entry contradict each other",
                    hint: "keep one of them", at: inner.key, inner.path)
            }
        }
        guard draft.mode?.isMount == true, fields.boolean("read_only") == true, let field = fields["read_only"] else {
            return
        }
        var others = ["commit", "staging", "on_torn"].filter { fields.present[$0] != nil }
        if fields.string("sync_back") == "on_exit" { others.append("sync_back") }
        guard !others.isEmpty else { return }
        diagnostics.error(
            .keyConflict,
            "`read_only: true` leaves nothing to write for \(others.map { "`\($0)`" }.joined(separator: ", "))",
            hint: "remove one of them", at: field.key, field.path)
    }

    // MARK: What the URL says as well

    private func checkPrefix(_ draft: Draft) {
        guard let field = draft.fields["key_prefix"], case .text(let text) = field.value else { return }
        let prefix = text.value
        let objection: (String, String?)? =
            if !prefix.hasSuffix("/") {
                ("`\(text.shown)` does not end in a slash", "write `\(text.shown)/`")
            } else if prefix.hasPrefix("/") {
                ("`\(text.shown)` begins with a slash", "keys of objects begin without one")
            } else if prefix.split(separator: "/").contains(where: { $0 == "." || $0 == ".." }) {
                ("`\(text.shown)` holds `.` or `..`, which mean nothing in a bucket", nil)
            } else if prefix.utf8.count > 1024 {
                ("the prefix has \(prefix.utf8.count) bytes", "stores allow 1024")
            } else {
                nil
            }
        if let (message, hint) = objection {
            diagnostics.error(.badPrefix, message, hint: hint, at: field.position, field.path)
        }
        let hasPrefix = draft.sources.contains { source in
            if case .bucket(let bucket) = source.location { !bucket.key.isEmpty } else { false }
        }
        if hasPrefix {
            diagnostics.error(
                .keyConflict, "`key_prefix` beside a prefix in the URL", hint: "write one of them, whole",
                at: field.key, field.path)
        }
    }

    private func checkURLAgainstKeys(_ draft: Draft) {
        for case .bucket(let bucket) in draft.sources.map(\.location) {
            if let stated = bucket.account, let field = draft.fields["account"], case .text(let text) = field.value,
                text.value != stated
            {
                diagnostics.error(
                    .keyConflict, "`account: \(text.shown)`, but the URL names \(stated)", hint: "remove account",
                    at: field.key, field.path)
            }
            if let stated = bucket.region, let field = draft.fields["region"], case .text(let text) = field.value,
                text.value != stated
            {
                diagnostics.error(
                    .keyConflict, "`region: \(text.shown)`, but the URL names \(stated)", hint: "remove region",
                    at: field.key, field.path)
            }
        }
    }
}
