import Foundation
import TestSupport
import Testing

extension MountedBuckets {
    /// `cache:` in a run: what a mount has read once is read again without the store.
    @Suite(.over(.seaweedFS, .ceph, .google, .fakeGCS, .azure)) struct MountCacheTests {
        private let bucket: BucketSandbox
        private let proxy: FaultProxy
        private let sandbox: MountSandbox
        private let large = BucketSandbox.bytes(9_000_001)

        init() async throws {
            (bucket, proxy, sandbox) = try await MountSandbox.ofBucket([
                "large": large, "small/a": Array("hello\n".utf8), "small/b": BucketSandbox.bytes(20_000),
            ])
        }

        private var cache: String { sandbox.path("cache") }

        private func task(_ keys: String? = nil, in other: MountSandbox? = nil) -> String {
            (other ?? sandbox).task(of: bucket, "cache: {\(keys ?? "dir: \(cache)")}")
        }

        private static let sums = "cd $M && md5sum large small/a small/b"

        /// Mounts anew, so that the kernel has nothing.
        private func again(_ keys: String? = nil) throws {
            #expect(try sandbox.verb("down").status == 0)
            try sandbox.expect(0, task(keys))
        }

        /// What is kept is kept some time later.
        private func waitUntilKept(in folder: String? = nil, bytes: Int? = nil) throws {
            let wanted = bytes ?? large.count + 6 + 20_000
            try sandbox.wait("everything kept") {
                let sizes = try sandbox.output(
                    "find \(folder ?? cache) -name '*.data' -printf '%b\\n'"
                ).split(separator: "\n").compactMap { Int($0) }
                return sizes.reduce(0, +) * 512 >= wanted
            }
        }

        /// Mounts, and reads everything. Returns its sums.
        private func keepAll() throws -> String {
            try sandbox.expect(0, task())
            let sums = try sandbox.output(Self.sums)
            try waitUntilKept()
            return sums
        }

        @Test func aSecondMountAsksForNoBytes() throws {
            let sums = try keepAll()
            let read = proxy.reads.count
            #expect(read > 0)
            try again()
            #expect(try sandbox.output(Self.sums) == sums)
            #expect(try sandbox.output("cd $M && tail -c 3000000 large | md5sum && head -c 100 large | wc -c") != "")
            #expect(proxy.reads.count == read, "\(proxy.reads.dropFirst(read).map(\.request.target))")
            // Another task of the same user, at the same time.
            let other = try MountSandbox(reading: bucket)
            try other.expect(0, task(in: other))
            #expect(try other.output(Self.sums) == sums)
            #expect(proxy.reads.count == read)
        }

        /// One byte of each object tells whether the others may have it.
        @Test(.only(.seaweedFS)) func othersAreLetInByTheStore() throws {
            let sums = try keepAll()
            let (read, bytes) = (proxy.reads.count, proxy.bytesRead)
            let other = try MountSandbox(reading: bucket)
            // The same key under another name is somebody else to us.
            try other.files.folder.write(
                """
                [other]
                aws_access_key_id = \(bucket.environment["AWS_ACCESS_KEY_ID"] ?? "")
                aws_secret_access_key = \(bucket.environment["AWS_SECRET_ACCESS_KEY"] ?? "")
                """, to: "credentials")
            other.environment["AWS_ACCESS_KEY_ID"] = nil
            other.environment["AWS_SECRET_ACCESS_KEY"] = nil
            other.environment["AWS_SHARED_CREDENTIALS_FILE"] = other.path("credentials")
            other.environment["AWS_PROFILE"] = "other"
            try other.expect(0, task(in: other))
            // Keys that are refused are looked for once more.
            proxy.add(Fault(Fault.refusal(403, "AccessDenied"), of: "/small/a", times: 2))
            let refused = try other.shell("cat $M/small/a")
            #expect(refused.status != 0 && refused.output.isEmpty && refused.errors.contains("Permission denied"))
            #expect(try other.output(Self.sums) == sums)
            #expect(proxy.reads.count == read + 5 && proxy.bytesRead < bytes + 1000)
            // It is remembered.
            #expect(try other.verb("down").status == 0)
            try other.expect(0, task(in: other))
            #expect(try other.output(Self.sums) == sums)
            #expect(proxy.reads.count == read + 5)
        }

        @Test func aChangedObjectIsReadAnew() async throws {
            try sandbox.expect(0, task())
            _ = try sandbox.output(Self.sums)
            try waitUntilKept()
            try again()
            let changed = BucketSandbox.bytes(9_000_001, seed: 2)
            try await bucket.put(["large": changed, "small/a": Array("hullo\n".utf8)])
            try sandbox.wait("the new object") { try sandbox.shell("cat $M/small/a").output == "hullo\n" }
            try Data(changed).write(to: URL(fileURLWithPath: sandbox.path("changed")))
            #expect(try sandbox.output("cmp $M/large \(sandbox.path("changed")) && echo same") == "same\n")
        }

        @Test func damageIsMended() throws {
            let sums = try keepAll()
            #expect(try sandbox.verb("down").status == 0)
            // A few bytes of each file, and a piece of one.
            _ = try sandbox.output(
                """
                find \(cache) -name '*.data' -size +20c | while read file; do
                  printf x | dd of="$file" bs=1 seek=3 conv=notrunc status=none
                  printf xyz | dd of="$file" bs=1 seek=15000 conv=notrunc status=none
                done
                truncate -s 5000000 "$(find \(cache) -name '*.data' -size +5M)"
                """)
            try sandbox.expect(0, task())
            #expect(try sandbox.output(Self.sums) == sums)
            try sandbox.wait("a word about it") { sandbox.files.content("state/task/log")?.contains("damaged") == true }
            try waitUntilKept()
            let read = proxy.reads.count
            try again()
            #expect(try sandbox.output(Self.sums) == sums)
            #expect(proxy.reads.count == read)
        }

        /// The folder goes while programs read; then there is another.
        @Test func aRemovedFolder() throws {
            let sums = try keepAll()
            try again()
            let reader = try sandbox.start(
                "cd $M && while [ ! -e \(sandbox.path("enough")) ]; do cat large > /dev/null || exit 1; done")
            _ = try sandbox.output("for i in 1 2 3; do rm -rf \(cache); sleep 0.3; done")
            #expect(try sandbox.output(Self.sums) == sums)
            try sandbox.write(["enough": ""])
            #expect(try reader.wait().status == 0)
            try again()
            #expect(try sandbox.output(Self.sums) == sums)
            try waitUntilKept()
        }

        @Test func aFullDisk() throws {
            let disk = try MountedFolder("size=6m")
            let keys = "dir: \(disk.path)/cache"
            try sandbox.expect(0, task(keys))
            let sums = try sandbox.output(Self.sums)
            for _ in 0..<3 {
                try again(keys)
                #expect(try sandbox.output(Self.sums) == sums)
            }
            // Nothing is left at all, however much the cache has given back.
            #expect(try sandbox.shell("head -c 7000000 /dev/zero > \(disk.path)/theirs").status != 0)
            try again(keys)
            #expect(try sandbox.output(Self.sums) == sums)
            #expect(try sandbox.verb("down").status == 0)
        }

        /// It cannot be read any more, while it is mounted from and before that; then nothing can be kept.
        @Test(.enabled(if: LoopDisk.isPossible, Comment(rawValue: LoopDisk.absence))) func aBrokenDisk() throws {
            let disk = try LoopDisk(mebibytes: 40)
            let keys = "dir: \(disk.path)/cache"
            try sandbox.expect(0, task(keys))
            let sums = try sandbox.output(Self.sums)
            try waitUntilKept(in: disk.path)
            try again(keys)
            #expect(try sandbox.output("head -c 100000 $M/large | wc -c") == "100000\n")
            let read = proxy.reads.count
            try disk.fail()
            #expect(try sandbox.output(Self.sums) == sums)
            #expect(proxy.reads.count > read)
            #expect(try sandbox.status().trouble == "")
            let log = try TemporaryFolder.text(of: sandbox.files.state + "/task/log")
            #expect(log.contains("Input/output error"), "\(log)")
            #expect(try sandbox.verb("down").status == 0)
            // Whoever begins with such a folder is told, or does without.
            let later = try sandbox.run(task(keys))
            if later.status == 0 {
                #expect(try sandbox.output(Self.sums) == sums)
            } else {
                #expect(later.status == 73 && later.output.contains("Input/output error"), "\(later)")
            }
        }

        /// Who looks after a cache gets nobody who reads from it into trouble.
        @Test func verbsWhileItIsReadFrom() throws {
            let sums = try keepAll()
            try again()
            let reader = try sandbox.start(
                "cd $M && while [ ! -e \(sandbox.path("enough")) ]; do md5sum large small/a small/b || exit 1; done")
            try sandbox.wait("it reads") { reader.outputSoFar.contains("small/b") }
            for _ in 0..<5 {
                for verb in ["list", "prune", "clear"] {
                    let done = try provision("cache", verb, "--cache-dir", cache)
                    #expect(done.status == 0 && done.errors == "", "\(verb): \(done)")
                }
            }
            try sandbox.write(["enough": ""])
            let read = try reader.wait()
            #expect(read.status == 0 && Set(read.output.split(separator: "\n")).count == 3, "\(read)")
            #expect(Set(sums.split(separator: "\n")) == Set(read.output.split(separator: "\n")))
            #expect(try sandbox.status().trouble == "")
            // It is kept again.
            try waitUntilKept()
        }

        /// What somebody reads is not removed.
        @Test func whatIsReadStays() throws {
            let sums = try keepAll()
            try again()
            let go = sandbox.path("go")
            let reader = try sandbox.start(
                """
                cd $M && exec 3<large && head -c 1000 <&3 | wc -c
                while [ ! -e \(go) ]; do dd bs=1 count=1 skip=8M iflag=nocache status=none <large >/dev/null; done
                cat <&3 | wc -c
                """)
            try sandbox.wait("it reads") { reader.outputSoFar.contains("1000") }
            let asked = proxy.reads.count
            let cleared = try provision("cache", "clear", "--cache-dir", cache)
            #expect(cleared.status == 0 && !cleared.output.contains(": 3 objects"), "\(cleared)")
            #expect(try provision("cache", "list", "--cache-dir", cache).output.contains("/large\n"))
            try sandbox.write(["go": ""])
            #expect(try reader.wait().status == 0)
            #expect(proxy.reads.count == asked)
            #expect(try sandbox.output(Self.sums) == sums)
        }

        @Test func sessionsThatAreKilled() throws {
            try sandbox.expect(0, task())
            let sums = try sandbox.output(Self.sums)
            for _ in 0..<5 {
                let reader = try sandbox.start("cd $M && for i in 1 2 3; do md5sum large > /dev/null || exit 1; done")
                usleep(UInt32.random(in: 0..<100_000))
                for session in sandbox.sessions { kill(session, SIGKILL) }
                let finished = try reader.wait()
                #expect(finished.status == 0 && finished.errors == "", "\(finished)")
                try sandbox.wait("reading again") { try sandbox.shell(Self.sums).output == sums }
            }
            try again()
            #expect(try sandbox.output(Self.sums) == sums)
        }

        @Test func whatIsInItAndAway() throws {
            try sandbox.expect(0, task("dir: \(cache), size: 1g, max_age: 2d"))
            _ = try sandbox.output(Self.sums)
            try waitUntilKept()
            let list = try provision("cache", "list", "--cache-dir", cache)
            #expect(
                list.status == 0 && list.output.hasPrefix("\(cache): 3 objects, 8.6 MiB of 1.0 GiB, 2d long\n"),
                "\(list)")
            for key in ["large", "small/a", "small/b"] {
                // Before the bucket Azure has the account.
                let line = list.output.split(separator: "\n").first { $0.hasSuffix("/\(bucket.bucket)/\(key)") }
                #expect(line?.contains("  http://127.0.0.1:\(proxy.port)/") == true, "\(list)")
            }
            let document = try Document(provision("cache", "list", "--cache-dir", cache, "--output", "json"))
            let known = try #require((document.json["caches"] as? [[String: Any]])?.first)
            #expect(known["size"] as? Int == 1 << 30 && known["max_age"] as? String == "2d")
            let objects = try #require(known["objects"] as? [[String: Any]])
            #expect(objects.compactMap { $0["size"] as? Int }.sorted() == [6, 20_000, large.count])
            // Nothing is too much, or too old.
            #expect(try provision("cache", "prune", "--cache-dir", cache).output.contains(": 0 objects, 0 B removed; "))
            // Some of it may be read just now; what is mounted goes on.
            #expect(try provision("cache", "clear", "--cache-dir", cache).status == 0)
            let sums = try sandbox.output(Self.sums)
            #expect(try sandbox.verb("down").status == 0)
            _ = try sandbox.output("find \(cache) -name '*.marks' -exec touch -d '3 days ago' {} +")
            let pruned = try provision("cache", "prune", "--cache-dir", cache)
            #expect(pruned.status == 0 && pruned.output.hasSuffix("; 0 B left\n"), "\(pruned)")
            try sandbox.expect(0, task())
            #expect(try sandbox.output(Self.sums) == sums)
            try waitUntilKept()
            #expect(try sandbox.verb("down").status == 0)
            let cleared = try provision("cache", "clear", "--cache-dir", cache)
            #expect(cleared.output == "\(cache): 3 objects, 8.6 MiB removed; 0 B left\n", "\(cleared)")
        }

        // MARK: Settings

        @Test func theSizeHolds() throws {
            try sandbox.expect(0, task("dir: \(cache), size: 4m"))
            for _ in 0..<3 { _ = try sandbox.output(Self.sums) }
            try again("dir: \(cache), size: 4m")
            _ = try sandbox.output(Self.sums)
            let used = try sandbox.output("du -s --block-size=1 \(cache)/provision-cache-1 | cut -f1")
            #expect((20_000..<6 << 20).contains(Int(used.dropLast()) ?? 0), "\(used)")
        }

        @Test func itsFolder() throws {
            // By its name, below the folder of caches.
            try sandbox.expect(
                0, sandbox.task(of: bucket, "cache: team"),
                "--cache-dir", sandbox.path("caches"))
            _ = try sandbox.output(Self.sums)
            try waitUntilKept(in: sandbox.path("caches/team/provision-cache-1"))
            #expect(try sandbox.output("stat -c %a \(sandbox.path("caches/team/provision-cache-1"))") == "700\n")
            // Another cache is another configuration.
            let refused = try sandbox.expect(
                78, sandbox.task(of: bucket, "cache: other"),
                "--cache-dir", sandbox.path("caches"))
            #expect(refused.mounts.first?.code == "changed-configuration")
            #expect(try sandbox.verb("down").status == 0)
            // From the environment, with a size.
            sandbox.environment["PROVISION_CACHE_DIR"] = sandbox.path("elsewhere")
            try sandbox.expect(0, task("size: 1g"))
            _ = try sandbox.output(Self.sums)
            try waitUntilKept(in: sandbox.path("elsewhere/default/provision-cache-1"))
        }

        @Test func aFolderThatCannotBeUsed() throws {
            try sandbox.write(["file": "x"])
            let task = task("dir: \(sandbox.path("file/cache"))")
            for refused in [try sandbox.run(task, "--dry-run"), try sandbox.run(task)] {
                #expect(refused.status == 73, "\(refused)")
                #expect(
                    refused.output.contains("destination-denied") && refused.output.contains("file: Not a directory"))
            }
            #expect(sandbox.mounts == [])
        }

        @Test func aFolderInTheMount() throws {
            for folder in [sandbox.destination, "\(sandbox.destination)/deep/../cache"] {
                for refused in [
                    try sandbox.run(task("dir: \(folder)"), "--dry-run", "--offline"),
                    try sandbox.run(task("dir: \(folder)")),
                ] {
                    #expect(refused.status == 78 && refused.output.contains("is in the mount"), "\(refused)")
                }
            }
            #expect(sandbox.mounts == [])
        }

        /// Copies do not use one yet, and say so.
        @Test func copies() throws {
            let task = "file_mounts: {\(sandbox.destination): {source: ./src, mode: COPY, cache: {size: 1g}}}"
            try sandbox.write(["src/a": "x"])
            #expect(try sandbox.expect(64, task).diagnostics.contains { $0.contains("not-built") })
        }
    }
}
