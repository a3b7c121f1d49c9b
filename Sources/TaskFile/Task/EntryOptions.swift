/// Turns the checked keys of an entry into its options.
struct EntryOptions {
    let fields: Fields

    init(_ fields: Fields) {
        self.fields = fields
    }

    func isReadOnly(mode: Mode?, preset: Preset?) -> Bool? {
        let config = fields.fields("config")
        let inConfig =
            switch mode {
            case .mount: config?.fields("mount")?.boolean("read_only")
            case .mountCached: config?.fields("mount_cached")?.boolean("read_only")
            case .copy, nil: nil as Bool?
            }
        return fields.boolean("read_only") ?? inConfig ?? preset?.isReadOnly
    }

    var copy: CopyOptions {
        CopyOptions(
            include: fields.strings("include"), exclude: fields.strings("exclude"),
            extracts: fields.boolean("extract") ?? false, isListOfLinks: fields.boolean("links") ?? false,
            shard: shard, onNonempty: fields.string("on_nonempty").flatMap(OnNonempty.init) ?? .merge)
    }

    private var shard: Shard? {
        if fields.string("shard") == "auto" { return .auto }
        guard let shard = fields.fields("shard"), let index = shard.integer("index"), let count = shard.integer("count")
        else { return nil }
        return .fixed(index: index, count: count)
    }

    func mount(mode: Mode, preset: Preset?) -> MountOptions {
        var options = MountOptions(
            commit: fields.string("commit").flatMap(Commit.init) ?? (mode == .mountCached ? .fsync : .close))
        options.isReadOnly = isReadOnly(mode: mode, preset: preset) ?? false
        options.metadataTTLMilliseconds = fields.integer("metadata_ttl") ?? options.metadataTTLMilliseconds
        options.stagingFolder = fields.fields("staging")?.string("dir")
        options.stagingSize = fields.fields("staging")?.integer("size")
        options.uploadsTornFiles = fields.string("on_torn") == "upload"
        options.ioTimeoutMilliseconds = fields.integer("io_timeout") ?? options.ioTimeoutMilliseconds
        options.overlaysNonempty = fields.string("on_nonempty") == OnNonempty.overlay.rawValue
        options.copiesWithoutFUSE = fields.string("on_no_fuse") == "copy"
        options.allowsOtherUsers = fields.boolean("allow_other")
        options.tuning = tuning(preset)
        return options
    }

    /// `config.mount_cached` wins over the preset, key by key.
    private func tuning(_ preset: Preset?) -> MountTuning {
        var tuning = preset?.tuning ?? MountTuning()
        guard let config = fields.fields("config")?.fields("mount_cached") else { return tuning }
        tuning.uploads = config.integer("transfers") ?? tuning.uploads
        tuning.bufferSize = config.integer("buffer_size") ?? tuning.bufferSize
        tuning.cacheSize = config.integer("vfs_cache_max_size") ?? tuning.cacheSize
        tuning.cacheAgeMilliseconds = config.integer("vfs_cache_max_age") ?? tuning.cacheAgeMilliseconds
        tuning.readAhead = config.integer("vfs_read_ahead") ?? tuning.readAhead
        tuning.readChunk = config.integer("vfs_read_chunk_size") ?? tuning.readChunk
        tuning.readStreams = config.integer("vfs_read_chunk_streams") ?? tuning.readStreams
        tuning.writeBackMilliseconds = config.integer("vfs_write_back") ?? tuning.writeBackMilliseconds
        return tuning
    }

    var cache: CacheChoice? {
        if let name = fields.string("cache") { return .named(name) }
        guard let cache = fields.fields("cache") else { return nil }
        return .own(
            size: cache.integer("size"), maxAgeMilliseconds: cache.integer("max_age"), folder: cache.string("dir"))
    }
}
