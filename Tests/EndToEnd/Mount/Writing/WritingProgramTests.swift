import Foundation
import TestSupport
import Testing

extension WritingPrograms {
    /// Programs that people use write to a mount as to a disk: afterwards the bucket holds what the disk does.
    @Suite(
        .over(.seaweedFS, .ceph, .google, .fakeGCS, .azure),
        .enabled(if: Judge.isHere, Comment(rawValue: Judge.absence)),
        .enabled(
            if: ["rsync", "git", "sqlite3", "unzip", "vim.tiny", "fio", "stress-ng"].allSatisfy(Program.isInstalled),
            "rsync, git, sqlite3, unzip, vim.tiny, fio or stress-ng is not installed"))
    struct WritingProgramTests {
        /// A line of shell that fills `$M`, and one that says what is in it.
        struct Job: Sendable, CustomTestStringConvertible {
            let name: String
            let script: String
            let check: String
            /// Modes and times, which only a mount shows.
            let appearance: String?
            var testDescription: String { name }

            /// Unless something else is said, every file is the same.
            init(_ name: String, _ script: String, check: String = Job.sums, appearance: String? = nil) {
                self.name = name
                self.script = script
                self.check = check
                self.appearance = appearance
            }

            static func python(_ verb: String, check: String = Job.sums) -> Job {
                Job(verb, "$W \(verb) $M", check: check)
            }

            static let sums = "cd $M && find . -type f -print0 | LC_ALL=C sort -z | xargs -0r md5sum"
        }

        private static let repository = """
            export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null
            export GIT_AUTHOR_DATE='2024-01-01T00:00:00Z' GIT_COMMITTER_DATE='2024-01-01T00:00:00Z'
            export GIT_AUTHOR_NAME=t GIT_AUTHOR_EMAIL=t@example.com GIT_COMMITTER_NAME=t GIT_COMMITTER_EMAIL=t@example.com
            """

        /// Files and folders with modes and times, beside the folder.
        private static let tree = """
            mkdir -p $M/../tree/a/b && cd $M/../tree
            for i in $(seq 40); do echo "text $i" > a/$i; done
            head -c 300000 /dev/zero | tr '\\0' x > a/b/large; : > a/empty; printf run > a/b/run; chmod 755 a/b/run
            touch -d 2020-01-02T03:04:05.5Z a/1 a/b/large; cd ..
            """

        private static func fio(_ option: String) -> String {
            """
            fio \(option) --directory=$M --size=2m --ioengine=psync --verify=crc32c --verify_state_save=0 --fallocate=none \
                --name=sequential --rw=write --bs=64k --name=random --stonewall --rw=randwrite --bs=4k --fsync=250 \
                --name=mapped --stonewall --rw=randwrite --bs=8k --ioengine=mmap > /dev/null
            """
        }

        /// Each makes files, looks whether they are right, and removes them. None of those whose children are killed while they have
        /// files open: what they leave is torn.
        private static let stressors = [
            "hdd": 50, "chmod": 2, "dentry": 32, "dir": 32, "fallocate": 2, "fstat": 20, "getdent": 4,
            "msync": 4, "rename": 40, "seek": 20, "touch": 20, "utime": 20,
        ]

        private static var stress: String {
            let options = stressors.keys.sorted().map { "--\($0) 1 --\($0)-ops \(stressors[$0]!)" }.joined(
                separator: " ")
            return """
                cd $M && stress-ng --quiet --verify --temp-path $M --timeout 90 --hdd-bytes 1m --seek-size 1m \
                    --fallocate-bytes 1m --msync-bytes 1m --dentries 32 \(options)
                """
        }

        /// Looked up one by one: listings do not tell.
        private static let appearance = """
            cd $M; run=$(find . -name run); one=$(find . -name 1); sleep 2; stat -c '%n %a %s' $run
            sleep 2; stat -c '%n %a %y' $one
            """

        static let jobs = [
            Job.python("savez", check: "$W check_savez $M"), .python("safetensors"), .python("torch_zip"),
            .python("seek_back"), .python("append_events"), .python("hdf5", check: "$W check_hdf5 $M"),
            .python("fork_and_close"), .python("shared_map"), .python("watched"), .python("locks"), .python("move"),
            .python("allocate"),
            .python("tensorboard", check: "$W check_tensorboard $M"),
            .python("exchange"), .python("append_together", check: "sort $M/log | md5sum"),
            // With the modes that are asked for, less the umask, and of whoever calls; what mounts of a folder show is their own.
            Job(
                "owners",
                """
                chmod 777 $M; cd $M; umask 027; echo x > f; mkdir d; install -m 4711 f run
                cd /; setpriv --reuid 1234 --regid 4321 --clear-groups sh -c 'umask 002; cd $M; echo mine > mine; mkdir own'
                cd $M; [ "$(stat -c %a:%u . d own mine | tr '\\n' ' ')" = "777:0 750:0 775:1234 664:1234 " ]
                """, check: "\(Job.sums); ls -A $M", appearance: "cd $M; stat -c '%n %a' f run mine"),
            Job(
                "pip",
                """
                $W wheel $M/.. && $P -m pip --quiet --disable-pip-version-check install --no-index --find-links $M/.. \
                    --no-cache-dir --target $M/site widget
                """,
                // What Python makes of the modules names times.
                check: """
                    cd $M && find . -type f ! -name '*.pyc' -print0 | LC_ALL=C sort -z | xargs -0 md5sum
                    find . -name '*.pyc' | wc -l; PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=site $P -c 'import widget; widget.main()'
                    """),
            Job(
                "git",
                """
                \(repository); cd $M && git init -q -b main . && for i in 1 2 3; do
                    echo "text $i" > f$i && mkdir -p d/$i && cp f$i d/$i/ && git add . && git commit -qm "commit $i"; done
                git mv f1 g1 && git commit -qm moved && git gc -q && git status --porcelain
                """,
                check: "\(repository); cd $M && git fsck --full 2>&1 && git log --format=%H && git show HEAD:g1 d/3/f3"),
            Job(
                "clone",
                """
                \(repository); git init -q -b main $M/../origin && cd $M/../origin && seq 1000 > f && git add f
                git commit -qm one && cd .. && git clone -q origin $M/clone && cd $M/clone && seq 2000 > f
                git commit -qam two && git push -q origin HEAD:other
                """,
                check: "\(repository); cd $M/clone && git fsck --full 2>&1 && git log --format=%H && md5sum f"),
            Job(
                "tar", "\(tree); tar -cf $M/a.tar tree && tar -C $M -xf $M/a.tar && rm $M/a.tar", appearance: appearance
            ),
            Job(
                "unzip",
                "\(tree); $P -m zipfile -c $M/a.zip tree && cd $M && unzip -q a.zip && rm a.zip"),
            Job(
                "sqlite3",
                """
                sqlite3 $M/db 'create table t (a integer primary key, b text);
                    with recursive n(i) as (select 1 union all select i + 1 from n where i < 2000)
                    insert into t select i, "text " || i from n;' &&
                sqlite3 $M/db 'begin; update t set b = upper(b) where a % 3 = 0; delete from t where a % 7 = 0; commit;' &&
                sqlite3 $M/db 'begin; delete from t; rollback; vacuum;'
                """,
                check: "sqlite3 $M/db 'pragma integrity_check; select count(*), sum(a), max(b) from t;' && ls $M"),
            Job("cp", "\(tree); cp -a tree $M/", appearance: appearance),
            Job(
                "rsync",
                """
                \(tree); rsync -a tree/ $M/ && echo changed >> tree/a/5 && rm tree/a/6 && rsync -a --delete tree/ $M/ &&
                rsync -rcni --delete tree/ $M/
                """, appearance: appearance),
            Job(
                "rsync in place",
                "\(tree); cp -a tree/. $M/ && echo more >> tree/a/b/large && rsync -a --inplace tree/ $M/"),
            Job(
                "dd",
                """
                head -c 200000 /dev/zero | tr '\\0' a > $M/f
                printf head | dd of=$M/f conv=notrunc status=none; printf tail | dd of=$M/f bs=1 seek=199996 conv=notrunc status=none
                printf middle | dd of=$M/f bs=1 seek=100000 conv=notrunc,fsync status=none
                printf beyond | dd of=$M/f bs=1 seek=300000 conv=notrunc status=none; truncate -s 250000 $M/f
                dd if=/dev/zero of=$M/g bs=64k count=3 seek=2 oflag=append conv=notrunc status=none
                """),
            Job("shell", "echo x > $M/f; sh -c \"echo y > $M/g\"; echo z >> $M/g; : > $M/empty; cat $M/g > $M/h"),
            Job(
                "editors",
                """
                cd $M && echo one > f && printf 'two\\n' > .f.swp && mv f f~ && cp .f.swp f && sync f && rm f~ .f.swp
                echo three > '#f#' && mv -f '#f#' f; sed -i s/three/four/ f; echo five > h && install -m 600 h i
                """, check: "\(Job.sums); ls -A $M"),
            // Over the old name, with a copy kept beside it, and in place.
            Job(
                "vim",
                """
                cd $M && seq 200 > f && chmod 640 f && for how in 'backupcopy=no nobackup' 'backupcopy=yes backup' 'backupcopy=no backup'; do
                    vim.tiny -u NONE -i NONE -N -es -c "set $how backupskip=" -c 's/^/changed /' -c '$d' -c wq f; done
                """, check: "\(Job.sums); ls -A $M"),
            // Each block says where it belongs and has a checksum of itself.
            Job(
                "fio", "\(fio(""))", check: "\(fio("--verify_only")); cd $M; stat -c '%n %s' *"),
            Job("stress-ng", stress, check: "ls -A $M"),
            Job(
                "folders",
                """
                cd $M && mkdir -p a/b/c d && echo 1 > a/b/c/1 && echo 2 > a/2 && mv a e && mv e/b/c d/ && rmdir e/b &&
                cp -r d d2 && rm -r d && touch d2/c/1 && mkdir empty && rmdir empty
                """, check: "\(Job.sums); find $M -mindepth 1 -type d -printf '%P\\n' | LC_ALL=C sort"),
        ]

        private static let writers = Judge.project.appending(path: "Tests/EndToEnd/Mount/Writing/writers.py").path

        private static func run(_ script: String, _ folder: String) throws -> String {
            let finished = try Program.start(
                ["timeout", "-s", "KILL", "100", "sh", "-c", "set -e; " + script],
                environment: ["M": folder, "W": "\(Judge.python) \(writers)", "P": Judge.python]
            ).wait()
            guard finished.status == 0 else { throw Failed(finished: finished) }
            return finished.output
        }

        struct Failed: Error {
            let finished: Finished
        }

        @Test(arguments: jobs, [MountedFiles.Home.folder, .bucket])
        func theBucketHoldsWhatADiskDoes(job: Job, home: MountedFiles.Home) async throws {
            guard !home.isRepeated else { return }
            let disk = try TemporaryFolder()
            let local = disk.path("work/local")
            try FileManager.default.createDirectory(atPath: local, withIntermediateDirectories: true)
            #expect(try Self.run(job.script, local) == "")
            let right = try Self.run(job.check, local)
            let shown = try job.appearance.map { try Self.run($0, local) }

            let mounted = try await WritableMount(in: home)
            let folder = mounted.root + "/work"
            #expect(try Self.run("mkdir $M && cd / && " + job.script, folder) == "")
            #expect(try Self.run(job.check, folder) == right)
            if let appearance = job.appearance { #expect(try Self.run(appearance, folder) == shown) }
            try mounted.end()
            #expect(try Self.run(job.check, try await mounted.bucket() + "/work") == right)
            if let appearance = job.appearance {
                // Somebody else, who sees only what is in the bucket.
                try mounted.mount("read_only: true")
                #expect(try Self.run(appearance, folder) == shown)
            }
        }

        /// A disk need not have any. SeaweedFS keeps none of what stands for a folder.
        @Test func extendedAttributes() async throws {
            let mounted = try await WritableMount(in: .bucket)
            #expect(try Self.run("$W attributes $M", mounted.root) == "")
            try mounted.end()
            try mounted.mount("read_only: true")
            let names = TestCloud.current == .seaweedFS ? "old" : "old d"
            #expect(try Self.run("$W check_attributes $M \(names)", mounted.root) == "")
        }

        // MARK: Killed

        @Test(arguments: ["TERM", "KILL", "SEGV"], [MountedFiles.Home.folder, .bucket])
        func whatAKilledWriterLeavesIsNoObject(signal: String, home: MountedFiles.Home) async throws {
            guard !home.isRepeated else { return }
            let mounted = try await WritableMount(in: home)
            let half = String(repeating: "half", count: 1000)
            for name in ["old", "new"] {
                let finished = try Program.run(
                    [Judge.python, Self.writers, "die", mounted.root, name, signal], in: "/")
                #expect(finished.status != 0)
            }
            try mounted.sandbox.wait("both kept") { try mounted.sandbox.status().kept.count == 2 }
            #expect(try Self.run("cd $M && ls && cat old", mounted.root) == "old\nold content\n")
            let kept = try mounted.sandbox.status().kept
            #expect(kept.allSatisfy { $0["reason"] == "torn" }, "\(kept)")
            for file in kept {
                #expect(try TemporaryFolder.text(of: try #require(file["file"])) == half)
            }
            // It tells in the end, too.
            _ = try mounted.sandbox.verb("down")
            #expect(try Self.run("cd $M && ls && cat old", try await mounted.bucket()) == "old\nold content\n")
        }

        /// Data is safe as soon as the close has answered: everything is killed a moment later.
        @Test func whatWasClosedOutlivesEverybody() async throws {
            let mounted = try await WritableMount(in: .bucket)
            _ = try Self.run("for i in 1 2 3; do echo content $i > $M/f$i; done", mounted.root)
            for process in mounted.sandbox.supervisors + mounted.sandbox.sessions { kill(process, SIGKILL) }
            #expect(
                try Self.run("cat $M/f1 $M/f2 $M/f3", try await mounted.bucket()) == "content 1\ncontent 2\ncontent 3\n"
            )
        }
    }

    /// A mount to write to, of a bucket or folder with `old` in it.
    final class WritableMount {
        let sandbox: MountSandbox
        private let files: MountedFiles

        init(in home: MountedFiles.Home, at location: Testing.SourceLocation = #_sourceLocation) async throws {
            files = try await MountedFiles(.text(["old": "old content\n"]), in: home)
            sandbox = files.sandbox
            try mount("read_only: false", at: location)
        }

        func mount(_ keys: String, at location: Testing.SourceLocation = #_sourceLocation) throws {
            let entry = "{source: \"\(files.source)\", mode: MOUNT, \(keys)}"
            try sandbox.expect(0, "file_mounts: {\(sandbox.destination): \(entry)}", at: location)
        }

        var root: String { sandbox.destination }

        func end(at location: Testing.SourceLocation = #_sourceLocation) throws {
            let finished = try sandbox.verb("down")
            #expect(finished.status == 0, "\(finished)", sourceLocation: location)
            #expect(sandbox.mounts == [], sourceLocation: location)
        }

        /// A folder with what is in the bucket, by another way than the mount.
        func bucket() async throws -> String {
            guard let bucket = files.bucket else { return sandbox.path("src") }
            try await bucket.succeed(bucket.task())
            return bucket.files.destination
        }
    }
}
