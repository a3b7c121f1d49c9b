extension EntryReader {
    /// Finds out what the entry's data is: URLs, local paths, or the bucket called `name`.
    func readSources(_ draft: inout Draft) {
        if let source = draft.fields["source"] {
            if case .list(let items) = source.value {
                draft.isList = true
                draft.sources = items.compactMap(self.source)
                reportSameBaseNames(draft.sources)
            } else {
                draft.sources = [self.source(from: source)].compactMap { $0 }
            }
        }
        draft.stores = Set(draft.sources.map(\.store))
        readName(&draft)
        checkStore(draft)
        if draft.fields.present["source"] == nil && draft.fields.present["name"] == nil {
            // `source:` with nothing behind it: the place to fill in is known.
            let empty = ["source", "name"].compactMap { key in draft.fields.empty[key].map { (key, $0) } }.first
            diagnostics.error(
                .missingSource, "the entry has neither source nor name", hint: "add source: a URL or a local path",
                at: empty?.1 ?? position, empty.map { "\(path).\($0.0)" } ?? path)
        }
    }

    private func source(from field: Field) -> Source? {
        guard case .text(let text) = field.value else { return nil }
        do throws(SourceProblem) {
            let location = try SourceParser.location(of: text)
            let shown = if case .web(let url) = location { url.shown } else { Redaction.key(text.shown) }
            return Source(location: location, shown: shown, position: field.position, path: field.path)
        } catch {
            diagnostics.error(error.code, error.message, hint: error.hint, at: field.position, field.path)
            return nil
        }
    }

    private func reportSameBaseNames(_ sources: [Source]) {
        var seen: Set<String> = []
        for source in sources where !seen.insert(source.baseName).inserted {
            diagnostics.error(
                .keyConflict, "two items of the list would both become `\(source.baseName)`",
                hint: "give one of them a destination of its own", at: source.position, source.path)
        }
    }

    private func readName(_ draft: inout Draft) {
        guard let name = draft.fields["name"], case .text(let text) = name.value else { return }
        guard !text.value.holds("/") else {
            diagnostics.error(
                .badBucketName, "`\(text.shown)` is more than the name of a bucket",
                hint: text.value.contains("://") ? "write source: \(text.shown)" : "put the rest into key_prefix:",
                at: name.position, name.path)
            return
        }
        let urls = draft.sources.filter { !$0.location.isLocalPath }
        guard urls.isEmpty else {
            let places = draft.isList ? urls.map { ($0.position, $0.path) } : [(name.key, name.path)]
            for (position, path) in places {
                diagnostics.error(
                    .keyConflict, "`name` beside a URL: both say which bucket", hint: "keep the URL", at: position,
                    path)
            }
            return
        }
        // A store that is written wrongly has been reported; then nothing is concluded from the name either.
        if draft.fields.present["store"] != nil && draft.fields["store"] == nil { return }
        let store = draft.fields.string("store").flatMap(Store.init(named:)) ?? .s3
        let bucket = BucketLocation(store: store, bucket: text.value, key: "")
        draft.stores = [store]
        if draft.fields.present["source"] == nil {
            draft.sources = [
                Source(location: .bucket(bucket), shown: shown(store, text), position: name.position, path: name.path)
            ]
        } else {
            draft.uploadTarget = bucket
            diagnostics.warning(
                .notBuilt, "uploading a local source to `\(text.shown)` is understood, but not built yet",
                hint: "upload it with another tool, and leave out source:", at: name.key, name.path)
        }
    }

    /// The URL that `name` and `store` stand for.
    private func shown(_ store: Store, _ name: Text) -> String {
        let scheme =
            switch store {
            case .gcs: "gs"
            case .coreweave: "cw"
            default: store.rawValue
            }
        return "\(scheme)://\(name.shown)"
    }

    private func checkStore(_ draft: Draft) {
        guard let field = draft.fields["store"], case .text(let name) = field.value,
            let store = Store(named: name.value), draft.fields.present["name"] == nil
        else { return }
        guard let other = draft.sources.first(where: { $0.store != store }) else { return }
        let hint =
            other.location.isLocalPath
            ? "add name: BUCKET to upload it there, or remove store" : "remove store: the URL says it"
        diagnostics.error(
            .storeConflict, "`store: \(name.value)`, but the source is on \(other.store.displayName)", hint: hint,
            at: field.position, field.path)
    }
}
