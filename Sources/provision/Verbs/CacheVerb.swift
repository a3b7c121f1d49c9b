import Cache
import Glibc
import Platform

/// `provision cache list`, `prune` and `clear`: what mounts have kept on this machine.
enum CacheVerb {
    enum Deed: String, CaseIterable {
        case list, prune, clear
    }

    static func perform(_ invocation: Invocation) throws(Failure) -> ExitStatus {
        let invocation = try invocation.configured()
        let output = CacheOutput(invocation.settings.output, style: invocation.style(for: .output))
        let deed = invocation.operands.first.flatMap(Deed.init) ?? .list
        for cache in try caches(invocation) {
            do throws(CacheFailure) {
                switch deed {
                case .list: output.add(cache, try cache.objects())
                case .prune: output.add(cache, try cache.prune())
                case .clear: output.add(cache, try cache.clear())
                }
            } catch {
                throw Failure(.inputOutput, error.message)
            }
        }
        try output.write()
        return .done
    }

    private static func caches(_ invocation: Invocation) throws(Failure) -> [CacheContents] {
        let folder = CachesFolder(
            invocation.settings.cacheDir, environment: invocation.environment, workingFolder: try workingFolder(),
            isRoot: geteuid() == 0)
        do throws(CacheFailure) {
            return try CacheContents.caches(in: folder)
        } catch {
            throw Failure(.badDestination, error.message)
        }
    }

    private static func workingFolder() throws(Failure) -> String {
        do throws(SystemError) {
            return try WorkingFolder.path()
        } catch {
            throw Failure(.systemRefused, "the working folder cannot be found: \(error.description)")
        }
    }
}
