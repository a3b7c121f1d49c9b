public import JSON
import Platform
import TaskFile

extension PlannedMount {
    /// The entry of the mount in the dry-run document. What was not asked is null.
    public func json(_ checked: CheckedMount?) -> JSONValue {
        // One that is copied where FUSE is missing is shown as what it is.
        (checked?.planned ?? self).entry(checked, checked?.stores.first).mapStrings(secrets.removed)
    }

    public func json(_ checked: CheckedMountPoint) -> JSONValue {
        checked.planned.entry(nil, checked.source.opened, checked.staging).mapStrings(secrets.removed)
    }

    private func entry(
        _ checked: CheckedMount?, _ store: OpenedStore?, _ staging: PlannedStaging? = nil
    ) -> JSONValue {
        return [
            "destination": .string(mount.destination.written), "path": .string(path), "source": shownSource,
            "mode": .string(mount.mode.rawValue), "store": .string(mount.store.rawValue),
            "endpoint": .optional(mount.access.endpoint?.url ?? store?.endpoint),
            "region": .optional(mount.access.region ?? store?.region),
            "identity": .optional(store?.identity), "objects": .optional(checked?.objects),
            "bytes": .optional(checked?.bytes),
            "disk": [
                "path": .string(path), "required": .optional(checked?.need.bytes),
                "available": .optional(checked?.need.room.bytes),
            ],
            "strategy": .object(mount.mode.isMount ? mountStrategy(staging) : copyStrategy),
        ]
    }

    private var copyStrategy: [JSONValue.Member] {
        var members: [JSONValue.Member] = [
            .init("action", "copy"), .init("on_nonempty", .string(mount.copy.onNonempty.rawValue)),
        ]
        if let target = uploadTarget { members.append(.init("upload_to", target)) }
        if !mount.copy.include.isEmpty { members.append(.init("include", .strings(mount.copy.include))) }
        if !mount.copy.exclude.isEmpty { members.append(.init("exclude", .strings(mount.copy.exclude))) }
        if mount.copy.extracts { members.append(.init("extract", true)) }
        if mount.copy.isListOfLinks { members.append(.init("links", true)) }
        switch mount.copy.shard {
        case .auto: members.append(.init("shard", "auto"))
        case .fixed(let index, let count):
            members.append(.init("shard", ["index": .integer(index), "count": .integer(count)]))
        case nil: break
        }
        if mount.syncsBack { members.append(.init("sync_back", "on_exit")) }
        return members + common
    }

    private func mountStrategy(_ staging: PlannedStaging?) -> [JSONValue.Member] {
        let options = mount.mount
        var members: [JSONValue.Member] = [
            .init("action", "mount"), .init("read_only", .boolean(options.isReadOnly)),
            .init("on_nonempty", .string(options.overlaysNonempty ? "overlay" : "refuse")),
            .init("on_no_fuse", .string(options.copiesWithoutFUSE ? "copy" : "fail")),
        ]
        if let target = uploadTarget { members.append(.init("upload_to", target)) }
        if !options.isReadOnly {
            members.append(.init("commit", .string(options.commit.rawValue)))
            members.append(.init("on_torn", .string(options.uploadsTornFiles ? "upload" : "keep")))
            if let staging {
                members.append(
                    .init("staging", ["dir": .string(staging.folder), "size": .optional(staging.size)]))
            }
        }
        members.append(
            .init("metadata_ttl", .string(TimeSpan(milliseconds: options.metadataTTLMilliseconds).description)))
        if let preset = mount.preset { members.append(.init("type", .string(preset.rawValue))) }
        return members + common
    }

    private var uploadTarget: JSONValue? {
        mount.uploadTarget.map { .string("\($0.store.rawValue):\($0.bucket)") }
    }

    private var common: [JSONValue.Member] {
        var members: [JSONValue.Member] = [.init("checksum", .string(mount.checksum.rawValue))]
        if let prefix = mount.keyPrefix { members.append(.init("key_prefix", .string(prefix))) }
        if let provider = mount.provider { members.append(.init("provider", .string(provider.name))) }
        if let size = mount.access.partSize { members.append(.init("part_size", .integer(size))) }
        if let count = mount.access.concurrency { members.append(.init("concurrency", .integer(count))) }
        return members
    }
}
