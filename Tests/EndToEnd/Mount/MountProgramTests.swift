import Foundation
import TestSupport
import Testing

extension MountedTasks {
    /// Programs that people use, on a mount as on a disk.
    @Suite(
        .over(.seaweedFS, .ceph, .google, .fakeGCS, .azure),
        .enabled(if: Judge.isHere, Comment(rawValue: Judge.absence)),
        .enabled(if: Program.isInstalled("rsync") && Program.isInstalled("git"), "rsync or git is not installed"))
    struct MountProgramTests {
        /// A folder with what the programs read: arrays, a model, a repository, texts, and a file that is fetched ahead.
        private final class Library: Sendable {
            let folder: TemporaryFolder
            let files: [String: [UInt8]]

            init() throws {
                folder = try TemporaryFolder()
                let path = folder.path
                let script = """
                    set -e; cd \(path)
                    \(Judge.python) \(MountProgramTests.readers) make .
                    mkdir -p texts/a 'texts/b c/d' repository
                    for i in $(seq 300); do echo "text $i" > "texts/a/$i.txt"; echo "$i" > "texts/b c/d/n$i"; done
                    head -c 20000000 /dev/urandom > large.bin
                    : > texts/empty
                    cd repository
                    git init -q -b main . && git config user.name t && git config user.email t@example.com
                    for i in 1 2 3; do cp ../texts/a/$i*.txt . && git add . && git commit -qm "commit $i"; done
                    git repack -qad && echo more > loose && git add loose && git commit -qm loose
                    rm -rf .git/hooks && find . -type d -empty -delete
                    """
                let made = try Program.run(["sh", "-c", script])
                guard made.status == 0 else { throw Failure(what: made.errors) }
                var files: [String: [UInt8]] = [:]
                for (name, node) in FileTree(path).nodes {
                    if case .file(let bytes) = node.content { files[String(decoding: name, as: UTF8.self)] = bytes }
                }
                self.files = files
            }
        }

        private struct Failure: Error {
            let what: String
        }

        private static let library = Result { try Library() }
        private static let readers = Judge.project.appending(path: "Tests/EndToEnd/Mount/readers.py").path

        private let library: Library

        init() throws {
            library = try Self.library.get()
        }

        private func mounted(in home: MountedFiles.Home) async throws -> MountSandbox {
            let mounted = try await MountedFiles(library.files, in: home)
            try mounted.mount()
            return mounted.sandbox
        }

        private func run(_ verb: String, _ words: String..., in sandbox: MountSandbox) throws -> String {
            try sandbox.output("\(Judge.python) \(Self.readers) \(verb) $M \(words.joined(separator: " "))")
        }

        /// One after the other on the same mount: those that copy, those that walk, those that map, and git.
        @Test(arguments: MountedFiles.Home.allCases) func readWhatIsThere(home: MountedFiles.Home) async throws {
            guard !home.isRepeated else { return }
            let sandbox = try await mounted(in: home)
            let local = library.folder.path
            let target = sandbox.path("target")
            #expect(try sandbox.output("cp -a $M \(target) && diff -r \(local) \(target) && rm -r \(target)") == "")
            #expect(try sandbox.output("rsync -a $M/ \(target)/ && rsync -rcni --delete $M/ \(target)/") == "")
            #expect(try sandbox.output("diff -r \(local) \(target)") == "")
            let tar = sandbox.path("tar")
            #expect(
                try sandbox.output("mkdir \(tar) && tar -C $M -cf - . | tar -C \(tar) -xf - && diff -r \(local) \(tar)")
                    == "")
            for line in [
                "find . | sort", "find . -type f -size +1M | sort", "grep -rc text texts | sort",
                "ls -lR texts | wc -l",
                "du --apparent-size -sb texts/a | cut -f 1", "ls -A", "wc -c large.bin",
                "tail -c 5000 large.bin | md5sum",
                "git -C repository log --oneline", "git -C repository status --porcelain",
                "git -C repository fsck --full",
                "git -C repository show HEAD~1:2.txt", "find . -name '*.txt' -print0 | xargs -0 cat | sort | md5sum",
            ] {
                let right = try Program.run(["sh", "-c", line], in: local)
                let found = try sandbox.shell("cd $M && \(line)")
                // What a folder takes is the file system's business.
                let isCounted = line.hasPrefix("du")
                #expect(found.status == 0 && (isCounted || found.output == right.output), "\(line): \(found)")
                if isCounted { #expect((Int(found.output.prefix { $0.isNumber }) ?? 0) >= 300) }
            }
            let clone = sandbox.path("clone")
            #expect(try sandbox.shell("git clone -q $M/repository \(clone)").status == 0)
            #expect(try sandbox.output("cd \(clone) && git fsck 2>&1 && git log --oneline | wc -l") == "4\n")
            #expect(try run("map", local, in: sandbox) == "")
            #expect(try run("random", local, "8", in: sandbox) == "")
            #expect(try sandbox.status().trouble == "")
        }

        /// What calls say that no reading of content shows.
        @Test(arguments: MountedFiles.Home.allCases) func calls(home: MountedFiles.Home) async throws {
            guard !home.isRepeated else { return }
            let sandbox = try await mounted(in: home)
            let said = try run("look", "table.raw", in: sandbox)
            let right = """
                data 0 10
                hole True
                behind ENXIO
                room 1024 255 True
                nosuid True nodev True
                access True False False True
                read behind the end b'' True
                synchronize done
                no such attribute ENODATA
                of others ENOTSUP ENOTSUP
                folder as file EISDIR
                file as folder ENOTDIR ENOTDIR
                long name ENAMETOOLONG ENOENT
                no link EINVAL
                links 1 2
                kinds True True

                """
            #expect(said == right)
        }

        /// Every way to change something, and the object is as it was.
        @Test func nothingIsChanged() async throws {
            let mounted = try await MountedFiles(.text(["file": "as it was\n", "d/x": "x"]), in: .bucket)
            try mounted.mount()
            // Somebody else than the user who mounted is refused no less.
            for user in ["", "setpriv --reuid 1234 --regid 1234 --clear-groups"] {
                let lines = try mounted.sandbox.output(
                    // That user need not be able to read the project.
                    "\(user) \(Judge.python) - write $M file <\(Self.readers)"
                ).split(separator: "\n")
                let exceptions = [
                    "create what is there, exclusively: EEXIST", "shared map: EACCES", "private map: done",
                    "write where reading was opened: EBADF", "reserve: EBADF",
                    "truncate where reading was opened: EINVAL",
                ]
                for line in lines where !exceptions.contains(String(line)) {
                    #expect(line.hasSuffix(": EROFS"), "\(user): \(line)")
                }
                #expect(lines.count == 27)
            }
            for line in [
                "cp /etc/hostname $M/x", "touch $M/file", "sed -i s/a/b/ $M/file", "rm -r $M/d", "mv $M/d $M/e",
            ] {
                let finished = try mounted.sandbox.shell(line)
                #expect(finished.status != 0 && finished.errors.contains("Read-only file system"), "\(finished)")
            }
            #expect(try mounted.sandbox.output("cat $M/file && ls $M") == "as it was\nd\nfile\n")
        }

        /// By one program in their order, and then in none by 64 at the same time. The other servers answer some hundred
        /// requests in a second, of however many: a thousand objects show as much there.
        @Test(arguments: MountedFiles.Home.allCases) func manySmallFiles(home: MountedFiles.Home) async throws {
            guard !home.isRepeated else { return }
            let count = home == .bucket && TestCloud.current == .seaweedFS ? 10_000 : 1000
            var files: [String: [UInt8]] = [:]
            for number in 0..<count { files["d\(number % 50)/f\(number)"] = Array("content of \(number)\n".utf8) }
            let mounted = try await MountedFiles(files, in: home)
            let sandbox = mounted.sandbox
            let local = sandbox.path("local")
            try Files.makeFolder(local)
            for folder in 0..<50 { try Files.makeFolder("\(local)/d\(folder)") }
            for (name, content) in files { try Files.write(content, to: Array("\(local)/\(name)".utf8)) }
            #expect(
                try sandbox.shell("cd \(local) && find . -type f | LC_ALL=C sort | xargs md5sum > ../sums").status == 0)
            try mounted.mount()
            let one = try sandbox.output("cd $M && md5sum -c \(sandbox.path("sums")) | grep -c ': OK'")
            #expect(one == "\(count)\n")
            let place = sandbox.files.folder.path
            let together = """
                cd \(place) && shuf sums > shuffled && split -n l/64 shuffled part. && cd $M
                ls \(place)/part.* | xargs -P 64 -I PART sh -c 'md5sum -c --quiet PART && echo fine' | grep -c fine
                """
            #expect(try sandbox.output(together) == "64\n")
            #expect(try sandbox.output("ls -lR $M | grep -c '^-'") == "\(count)\n")
            #expect(try sandbox.status().trouble == "")
        }
    }
}
