import Foundation
import Signing
import TestSupport
import Testing

extension MountedTasks {
    /// How objects look: names that are hard to carry, attributes that other programs have written, and whose keys open them.
    @Suite(.over(.seaweedFS, .ceph, .google, .fakeGCS, .azure)) struct MountAppearanceTests {
        // MARK: Names

        /// Every name that Linux takes, from a folder of this machine.
        @Test(.only(.seaweedFS)) func hostileNamesOfAFolder() throws {
            let sandbox = try MountSandbox()
            for name in HostileNames.some { try Files.write(name, to: Array(sandbox.path("src/").utf8) + name) }
            try Files.makeLink(Array(sandbox.path("src/link").utf8), to: [0xFF, 0x0A])
            try Files.makeFolder(sandbox.path("src/empty"))
            try sandbox.expect(0, sandbox.task())
            let source = sandbox.path("src")
            for line in [
                "find . -print0 | sort -z | md5sum", "ls -laR | wc -l", "tar -cf - . | tar -tf - | sort | md5sum",
            ] {
                #expect(try sandbox.output("cd $M && \(line)") == sandbox.output("cd \(source) && \(line)"), "\(line)")
            }
            let target = sandbox.path("target")
            #expect(try sandbox.output("cp -a $M \(target)") == "")
            // Folders have the time of the mount.
            var (found, right) = (FileTree(target), FileTree(source))
            for folder in ["", "empty"].map({ Array($0.utf8) }) {
                found.nodes[folder]?.modified = []
                right.nodes[folder]?.modified = []
            }
            #expect(found.differences(from: right) == [])
        }

        /// Keys that S3 takes and programs stumble over, and what cannot be a name is told of and left out.
        @Test(.only(.ceph)) func oddKeysOfABucket() async throws {
            var objects: [String: [UInt8]] = [:]
            // XML cannot say some control characters, with which the gateway ends pages.
            for (index, key) in S3KeyTests.odd.enumerated() where key != "\u{1}control" {
                objects[key] = BucketSandbox.bytes(index, seed: 5)
            }
            objects[Array(repeating: String(repeating: "s", count: 204), count: 5).joined(separator: "/")] = [1]
            let shown = objects
            objects.merge(
                .text([
                    "h//double": "x", "/lead": "x", "h/./dot": "x", "h/../up": "x",
                    "h/\(String(repeating: "n", count: 256))": "x",
                    "h/plain": "x", "both": "hidden", "both/in": "x", "marked/": "",
                ])
            ) { own, _ in own }
            let mounted = try await MountedFiles(objects, in: .bucket)
            try mounted.mount()
            let sandbox = mounted.sandbox
            let target = sandbox.path("target")
            #expect(try sandbox.output("cp -r $M \(target)") == "")
            let also: [String: [UInt8]] = .text(["h/plain": "x", "both/in": "x"])
            let found = FileTree(target)
            #expect(Files.isThere(target + "/marked"))
            for (name, content) in shown.merging(also, uniquingKeysWith: { own, _ in own }) {
                #expect(found.nodes[Array(name.utf8)]?.content == .file(content), "\(name.debugDescription)")
            }
            let files = found.nodes.values.count { if case .file = $0.content { true } else { false } }
            #expect(files == shown.count + also.count)
            #expect(
                try sandbox.output("test -d $M/both && ls $M/both $M/h")
                    == "\(sandbox.destination)/both:\nin\n\n\(sandbox.destination)/h:\nplain\n")
            let log = try TemporaryFolder.text(of: sandbox.files.state + "/task/log")
            #expect(log.contains("has no place in a tree of files and is not shown"))
            #expect(try sandbox.status().trouble == "")
        }

        // MARK: Attributes

        @Test func attributesOfOtherPrograms() async throws {
            let mounted = try await MountedFiles([:], in: .bucket)
            let bucket = try #require(mounted.bucket)
            let objects: [(String, String, [String: String])] = [
                // As s3fs writes them.
                (
                    "s3fs/program", "#!/bin/sh\n",
                    ["mode": "33261", "uid": "1234", "gid": "4321", "mtime": "1600000000"]
                ),
                ("s3fs/link", "program", ["mode": "41471", "uid": "1234", "gid": "4321", "mtime": "1600000000"]),
                ("s3fs/folder/", "", ["mode": "16832", "uid": "1234", "gid": "4321", "mtime": "1500000000"]),
                ("s3fs/folder/secret", "x", ["mode": "33152"]),
                // As rclone writes them.
                (
                    "rclone/file", "y",
                    ["mode": "100600", "uid": "7", "gid": "8", "mtime": "2020-09-13T12:26:40.123456789Z"]
                ),
                ("rclone/copied", "z", ["mtime": "1600000000.5"]),
                ("plain", "w", ["author": "me", "mode": "nonsense"]),
            ]
            for (key, content, metadata) in objects {
                try await bucket.server.put(key, Array(content.utf8), metadata: metadata, in: bucket.bucket)
            }
            try mounted.mount()
            let sandbox = mounted.sandbox
            func stat(_ name: String, _ format: String) throws -> String {
                try sandbox.output("stat -c '\(format)' $M/\(name)").trimmingCharacters(in: .newlines)
            }
            #expect(try stat("s3fs/program", "%A %u %g %Y %s") == "-rwxr-xr-x 1234 4321 1600000000 10")
            #expect(try stat("s3fs/link", "%N %u") == "'\(sandbox.destination)/s3fs/link' -> 'program' 1234")
            #expect(try stat("rclone/file", "%A %u %g %.9Y") == "-rw------- 7 8 1600000000.123456789")
            #expect(try stat("rclone/copied", "%A %.9Y") == "-rw-r--r-- 1600000000.500000000")
            #expect(try stat("plain", "%A %u") == "-rw-r--r-- \(getuid())")
            #expect(try sandbox.output("cat $M/s3fs/link && test -x $M/s3fs/program") == "#!/bin/sh\n")
            // Listings know them as well.
            #expect(
                try sandbox.output("ls -l $M/s3fs | grep -c -- 'rwx.*1234.*-> program$\\|rwxr-xr-x.*program$'") == "2\n"
            )
            let python =
                "import os, sys; print(sorted(os.listxattr(sys.argv[1])), os.getxattr(sys.argv[1], 'user.author'),"
                + " os.getxattr(sys.argv[1], 'provision.key'), len(os.getxattr(sys.argv[1], 'provision.etag')) > 8)"
            #expect(
                try sandbox.output("python3 -c \"\(python)\" $M/plain") == "['user.author'] b'me' b'plain' True\n")
            // The kernel sees to it that they hold, and for root they do not.
            let other = "setpriv --reuid 1234 --regid 4321 --clear-groups"
            let nobody = "setpriv --reuid 999 --regid 999 --clear-groups"
            #expect(try sandbox.output("\(other) cat $M/s3fs/folder/secret || echo no") == "no\n")
            #expect(try sandbox.output("\(other) ls $M/s3fs/folder") == "secret\n")
            #expect(try sandbox.output("\(nobody) cat $M/rclone/copied $M/plain && cat $M/rclone/file") == "zwy")
            // SeaweedFS does not tell of objects that stand for folders what it was told.
            guard TestCloud.current != .seaweedFS else { return }
            // By itself, not with others of its folder.
            usleep(1_100_000)
            #expect(try stat("s3fs/folder", "%A %u %Y") == "drwx------ 1234 1500000000")
            #expect(try sandbox.output("\(nobody) ls $M/s3fs/folder 2>&1 | grep -c denied") == "1\n")
        }

        // MARK: Whose keys

        /// Two mounts of a task with two sets of keys, of which one may list and the other only read.
        @Test(.only(.seaweedFS)) func twoSetsOfKeys() async throws {
            let bucket = try await BucketSandbox(.text(["a": "a\n", "d/b": "b\n"]))
            let sandbox = try MountSandbox(environment: ["AWS_EC2_METADATA_DISABLED": "true", "ONE": "", "TWO": ""])
            let users = [("owner", TestBucketServer.owner), ("reader", SeaweedFS.user(only: .read))]
            let providers = users.map { name, keys in
                """
                  \(name): {provider: minio, endpoint: "http://127.0.0.1:\(bucket.port)", secure: false,
                    access_key: \(keys.accessKeyID), secret_key: \(keys.secretAccessKey)}

                """
            }
            try sandbox.files.folder.write("providers:\n" + providers.joined(), to: "providers.yaml")
            let source = bucket.url
            let task = """
                file_mounts:
                  \(sandbox.path("full")): \(sandbox.entry(source, "provider: owner"))
                  \(sandbox.path("some")): \(sandbox.entry(source + "/a", "provider: reader"))
                """
            let run = try sandbox.expect(0, task, "--providers", "providers.yaml")
            let identities = run.mounts.map { $0.json["identity"] as? String ?? "" }
            #expect(identities[0].contains("owner") && identities[1].contains("reader"))
            #expect(try sandbox.output("cat \(sandbox.path("full"))/d/b \(sandbox.path("some"))") == "b\na\n")
            #expect(Set(sandbox.sessions).count == 2)
        }
    }
}
