import Platform

/// `provision init [TASK.yaml]`: a task file to begin with.
enum Init {
    static func perform(_ invocation: Invocation) throws(Failure) -> ExitStatus {
        let path = invocation.operands.first ?? "task.yaml"
        guard path != "-" else {
            try Results.write(template)
            return .done
        }
        guard path.isTaskFileName else {
            throw .usage("the name of a task file ends in .yaml or .yml, unlike \(path.shown)")
        }
        try NewFile(path, replacing: invocation.settings.force).write(template)
        if !invocation.settings.quiet {
            let next = "provision \(Option.dryRun.flag) \(Option.offline.flag) \(path.shellWord)"
            try Results.write("Wrote \(path.printable). Edit it, then check it:\n  \(next.printable)\n")
        }
        return .done
    }

    private static let template = """
        # yaml-language-server: $schema=https://raw.githubusercontent.com/provision/provision/main/schemas/task.schema.json

        name: my-task

        # Values for ${NAME} below; `provision --env BUCKET=other` replaces one for a run.
        envs:
          BUCKET: my-bucket

        # Where it shall appear: what shall appear there.
        file_mounts:
          # Short form: a copy, complete before your program starts.
          ~/model: s3://${BUCKET}/models/base/

          # The same with a choice of files.
          ~/dataset:
            source: s3://${BUCKET}/dataset/
            mode: COPY
            include: ["*.parquet"]
            exclude: ["tmp/**"]

          # The bucket as a folder: what is read is fetched on demand, and only that.
          ~/input:
            source: gs://${BUCKET}/input/
            mode: MOUNT
            read_only: true

          # A folder for checkpoints: writes are fast, since they are kept on the local disk first; the upload goes on
          # behind your program, and fsync waits for it.
          ~/output:
            source: s3://${BUCKET}/runs/1/
            mode: MOUNT_CACHED

        """
}

extension String {
    /// As it can be pasted into a shell.
    fileprivate var shellWord: String {
        let isHarmless = allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "/._-+,".contains($0)) }
        guard !isHarmless else { return self }
        return "'" + split(separator: "'", omittingEmptySubsequences: false).joined(separator: #"'\''"#) + "'"
    }
}
