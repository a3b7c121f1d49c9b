import Foundation
import TestSupport
import Testing

extension MountedTasks {
    /// Who may tell a supervisor what to do: the user whose it is, and root.
    @Suite(.enabled(if: Judge.isHere, Comment(rawValue: Judge.absence))) struct MountControlTests {
        private let sandbox: MountSandbox

        init() throws {
            sandbox = try MountSandbox(of: ["a": "hello\n"])
            try sandbox.expect(0, sandbox.task())
        }

        /// As the kernel knows it.
        private func socket() throws -> String {
            let process = try #require(sandbox.supervisors.first)
            let script = """
                import os
                folder = "/proc/\(process)/fd/"
                own = {os.readlink(folder + number) for number in os.listdir(folder)}
                for line in open("/proc/net/unix"):
                    words = line.split()
                    if len(words) == 8 and f"socket:[{words[6]}]" in own: print(words[7])
                """
            let names = try sandbox.output("\(Judge.python) -c '\(script)'").split(separator: "\n")
            return String(try #require(Set(names).first))
        }

        /// What a user gets who asks it to unmount everything.
        private func ask(_ words: String, as user: String) throws -> Finished {
            let script = """
                import socket, sys
                connection = socket.socket(socket.AF_UNIX)
                connection.connect(sys.argv[1])
                try:
                    connection.sendall(b"{\\"v\\": 3, \\"do\\": \\"\(words)\\", \\"force\\": true}\\n")
                    print("answered", connection.recv(10_000))
                except ConnectionError as error:
                    print("answered", b"")
                """
            return try sandbox.shell("exec setpriv \(user) \(Judge.python) -c '\(script)' \(try socket())")
        }

        private static let stranger = "--reuid 1234 --regid 1234 --clear-groups"

        @Test func theSocketIsOutOfReach() throws {
            let refused = try ask("down", as: Self.stranger)
            #expect(refused.status != 0 && refused.errors.contains("PermissionError"), "\(refused)")
            let path = try socket()
            #expect(path.hasPrefix("/run/provision/"))
            #expect(Files.mode(of: "/run/provision") == 0o700)
        }

        /// Somebody else who comes to the socket all the same is not listened to.
        @Test func strangersAreNotAnswered() throws {
            let mighty = Self.stranger + " --inh-caps +dac_override --ambient-caps +dac_override"
            for words in ["down", "status"] {
                let refused = try ask(words, as: mighty)
                #expect(refused.status == 0 && refused.output == "answered b''\n", "\(refused)")
            }
            #expect(try sandbox.output("cat $M/a") == "hello\n")
            #expect(
                try TemporaryFolder.text(of: sandbox.files.state + "/task/log").contains(
                    "user 1234 has tried to connect"))
            // Of whose it is the same words are heard.
            #expect(try ask("status", as: "--reuid 0").output.contains("mounted"))
        }
    }
}
