import Platform

/// Sentences that help and manual page share.
enum Prose {
    static let tagline = "put buckets where a program expects files, as a task file says"

    static let synopsis = [
        "provision TASK.yaml [options] [-- COMMAND [ARG...]]",
        "provision VERB [operands] [options]",
    ]

    static let taskFile =
        "A name ending in .yaml or .yml needs no verb; - reads the task file from standard input. Options may stand "
        + "anywhere before --. What stands behind -- is run once the mounts are ready, as the entrypoint of a container runs "
        + "it; when it has ended, everything written is brought into its bucket and the mounts go."

    static let sources =
        "An option on the command line counts more than its environment variable, that more than the task file, and "
        + "that more than the configuration file. The variable for \(example.flag) is \(example.twin ?? ""): 1, true, "
        + "yes or on; 0, false, no or off. For an option that can be repeated it holds one value a line. Empty is not "
        + "set."

    static let values =
        "A SIZE is \(ByteSize.acceptedForms), where GiB and G count in 1024s and GB in 1000s. A duration D is "
        + "\(TimeSpan.acceptedForms)."

    private static let example = Option.dryRun
}

extension Option {
    /// `-q, --quiet`; long names stand below each other.
    var helpName: String { (row.short.map { "-\($0), " } ?? "    ") + usage }

    var helpMeaning: String { completed(row.summary) }

    func helpMeaning(with verb: Verb) -> String { completed(row.meanings[verb] ?? row.summary) }

    private func completed(_ summary: String) -> String {
        summary + (row.isRepeatable ? "; can be repeated" : "")
    }
}

extension Verb {
    /// Without the program's name: `pull URL [DEST]`.
    var helpName: String { String(usage.dropFirst("provision ".count)) }

    var helpMeaning: String { row.summary + (isBuilt ? "" : " (not there yet)") }
}
