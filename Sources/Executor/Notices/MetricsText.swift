import Platform

/// The figures of a task in Prometheus' text format. Names of tasks and destinations are in it, and nothing else that somebody has
/// written: no sources, no keys, no messages.
struct MetricsText {
    let task: String
    let isReady: Bool
    let mounts: [MountStatus]

    private enum Kind: String, Sendable {
        case counter, gauge
    }

    private struct Family: Sendable {
        let name: String
        let kind: Kind
        let help: String
        /// Nothing where it means nothing for a mount.
        let value: @Sendable (MountStatus) -> Int?
    }

    var text: String {
        var text = Self.head("provision_ready", .gauge, "Whether everything that the task wants is there.")
        text += Self.line("provision_ready", [("task", task)], isReady ? "1" : "0")
        text += Self.head("provision_mount_state", .gauge, "1 for the state that a mount is in, 0 for all others.")
        for mount in mounts {
            for state in MountState.allCases {
                let labels = labels(mount) + [("state", state.rawValue)]
                text += Self.line("provision_mount_state", labels, mount.state == state ? "1" : "0")
            }
        }
        let seconds = "provision_mount_provisioning_seconds"
        text += Self.head(seconds, .gauge, "How long it took until the mount was there.")
        for mount in mounts { text += Self.line(seconds, labels(mount), Self.decimal(mount.seconds)) }
        for family in Self.families {
            let lines = mounts.compactMap { mount in
                family.value(mount).map { Self.line(family.name, labels(mount), String($0)) }
            }
            // A family that nobody has is left out.
            if !lines.isEmpty { text += Self.head(family.name, family.kind, family.help) + lines.joined() }
        }
        return text
    }

    private static let families: [Family] = [
        Family(
            name: "provision_mount_requests_total", kind: .counter,
            help: "Requests that went to the store, repeated ones too.", value: { $0.requests.sent }),
        Family(
            name: "provision_mount_retries_total", kind: .counter, help: "Requests that were made again.",
            value: { $0.requests.retried }),
        Family(
            name: "provision_mount_received_bytes_total", kind: .counter,
            help: "Bytes that came from the store, also those that were thrown away.", value: { $0.traffic.received }),
        Family(
            name: "provision_mount_sent_bytes_total", kind: .counter,
            help: "Bytes that went to the store, also those of uploads that failed.", value: { $0.traffic.sent }),
        Family(
            name: "provision_mount_copied_files_total", kind: .counter, help: "Files that a copy has brought.",
            value: { $0.isCopy ? $0.objects.done : nil }),
        Family(
            name: "provision_mount_copied_bytes_total", kind: .counter, help: "Bytes of files that a copy has brought.",
            value: { $0.isCopy ? $0.bytes.done : nil }),
        Family(
            name: "provision_mount_skipped_files", kind: .gauge,
            help: "Files that a copy has found in place.", value: { $0.isCopy ? $0.objects.skipped : nil }),
        Family(
            name: "provision_mount_uploaded_files_total", kind: .counter,
            help: "Files that were written and are in the bucket.", value: { $0.isCopy ? nil : $0.uploads.files }),
        Family(
            name: "provision_mount_uploaded_bytes_total", kind: .counter,
            help: "Bytes of files that were written and are in the bucket.",
            value: { $0.isCopy ? nil : $0.uploads.bytes }),
        Family(
            name: "provision_mount_pending_uploads", kind: .gauge,
            help: "Files that are whole and not in the bucket yet.", value: { $0.isCopy ? nil : $0.uploads.pending }),
        Family(
            name: "provision_mount_failed_uploads", kind: .gauge,
            help: "Those of the pending files whose last upload has failed.",
            value: { $0.isCopy ? nil : $0.uploads.failed }),
        Family(
            name: "provision_mount_staged_bytes", kind: .gauge,
            help: "Bytes of the pending files, which wait on the local disk.",
            value: { $0.isCopy ? nil : $0.uploads.pendingBytes }),
        Family(
            name: "provision_mount_kept_files", kind: .gauge,
            help: "Files that were kept aside and will not come into the bucket by themselves.",
            value: { $0.isCopy ? nil : $0.uploads.kept.count }),
        Family(
            name: "provision_mount_cache_hits_total", kind: .counter,
            help: "Reads that the cache on disk has answered.", value: { $0.isCopy ? nil : $0.traffic.cacheHits }),
        Family(
            name: "provision_mount_cache_misses_total", kind: .counter,
            help: "Reads that the cache on disk had to ask the store for.",
            value: { $0.isCopy ? nil : $0.traffic.cacheMisses }),
        Family(
            name: "provision_mount_sessions_revived_total", kind: .counter,
            help: "Sessions that have died and were replaced.", value: { $0.isCopy ? nil : $0.traffic.revived }),
    ]

    // MARK: The format

    private func labels(_ mount: MountStatus) -> [(String, String)] {
        [("task", task), ("mount", mount.destination), ("mode", mount.mode)]
    }

    private static func head(_ name: String, _ kind: Kind, _ help: String) -> String {
        "# HELP \(name) \(help)\n# TYPE \(name) \(kind.rawValue)\n"
    }

    private static func line(_ name: String, _ labels: [(String, String)], _ value: String) -> String {
        "\(name){\(labels.map { "\($0)=\"\(escaped($1))\"" }.joined(separator: ","))} \(value)\n"
    }

    private static func escaped(_ text: String) -> String {
        var escaped = ""
        for character in text.unicodeScalars {
            switch character {
            case "\\": escaped += "\\\\"
            case "\"": escaped += "\\\""
            case "\n": escaped += "\\n"
            default: escaped.unicodeScalars.append(character)
            }
        }
        return escaped
    }

    /// Milliseconds.
    private static func decimal(_ seconds: Double) -> String { String((seconds * 1000).rounded() / 1000) }
}

extension MountStatus {
    fileprivate var isCopy: Bool { mode == "COPY" }
}
