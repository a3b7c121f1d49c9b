/// Reads one entry of `file_mounts`. Each step reports what it finds and hands on what it could make out, so that one
/// mistake does not hide the next.
struct EntryReader {
    let diagnostics: Diagnostics
    let context: TaskContext
    let providers: ProviderSet
    let destination: Destination?
    let position: Position
    let path: String

    /// What the steps find out about an entry.
    struct Draft {
        var fields = Fields()
        var isShortForm = false
        /// Where the source stands, for problems of the whole of it.
        var sourcePosition: Position
        var sources: [Source] = []
        var isList = false
        var uploadTarget: BucketLocation?
        /// Nothing when what is written there is wrong: then nothing is concluded from it.
        var mode: Mode?
        var stores: Set<Store> = []
        var provider: Provider?
        var access: StoreAccess
    }

    func mount(from node: YAMLNode) -> Mount? {
        guard var draft = draft(from: node) else { return nil }
        readSources(&draft)
        readMode(&draft)
        checkFit(draft)
        checkCombinations(draft)
        readProvider(&draft)
        readEndpoint(&draft)
        checkPathStyle(draft)
        checkBucketNames(draft)
        return mount(from: draft)
    }

    private func draft(from node: YAMLNode) -> Draft? {
        let reader = FieldReader(diagnostics: diagnostics)
        var draft = Draft(sourcePosition: node.position, access: StoreAccess(Fields()))
        switch node.content {
        case _ where node.foreignTag != nil:
            _ = reader.value(of: node, .text, path: path)
            return nil
        case .mapping:
            draft.fields = reader.fields(of: node, EntryKeys.rules, path: path)
            draft.access = StoreAccess(draft.fields)
            draft.sourcePosition = draft.fields["source"]?.position ?? position
        case .scalar(let scalar) where scalar.type == .string || scalar.isBroken:
            draft.isShortForm = true
            guard let value = reader.value(of: node, .text, path: path) else { return nil }
            draft.fields.markPresent("source", at: position)
            draft.fields.insert(
                "source", Field(value: value, key: position, position: node.position, path: path))
        default:
            let hint =
                switch node.content {
                case .sequence: "a list stands under source:"
                case .scalar where node.isNull: "DEST: SOURCE, or a mapping with source: below it"
                default: "put a source that looks like a number into quotes"
                }
            diagnostics.error(
                .badType, "expected a source (a string) or a mapping, found \(node.kindName)", hint: hint,
                at: node.position, path)
            return nil
        }
        return draft
    }

    private func mount(from draft: Draft) -> Mount? {
        guard let destination, let mode = draft.mode, let store = draft.sources.first?.store ?? draft.stores.first
        else { return nil }
        let fields = draft.fields
        let preset = fields.string("type").flatMap(Preset.init)
        return Mount(
            destination: destination, position: position, path: path, sources: draft.sources, isList: draft.isList,
            uploadTarget: draft.uploadTarget, mode: mode, store: draft.uploadTarget?.store ?? store,
            keyPrefix: fields.string("key_prefix"), provider: draft.provider, access: draft.access, preset: preset,
            copy: EntryOptions(fields).copy, mount: EntryOptions(fields).mount(mode: mode, preset: preset),
            cache: EntryOptions(fields).cache,
            ownership: .init(
                uid: fields.integer("uid"), gid: fields.integer("gid"), fileMode: fields.integer("file_mode"),
                dirMode: fields.integer("dir_mode")),
            checksum: fields.string("checksum").flatMap(ChecksumChoice.init) ?? .auto,
            syncsBack: fields.string("sync_back") == "on_exit")
    }
}
