/// The destinations of a task, to find those that are the same or that cannot stand inside each other.
struct Places {
    private struct Place {
        let absolute: String
        let written: String
        let mode: Mode?
        let position: Position
        let path: String
    }

    private var places: [Place] = []

    mutating func add(
        _ destination: Destination, _ mount: Mount?, at position: Position, _ path: String, _ home: String
    ) {
        places.append(
            Place(
                absolute: destination.absolute(home: home), written: destination.written, mode: mount?.mode,
                position: position, path: path))
    }

    func report(to diagnostics: Diagnostics) {
        var byPath: [String: Place] = [:]
        for place in places {
            if let first = byPath[place.absolute] {
                diagnostics.error(
                    .duplicateDestination,
                    "`\(place.written)` is the same folder as `\(first.written)` in line \(first.position.line)",
                    hint: "one destination can have one source; a list of sources may stand under source:",
                    at: place.position, place.path)
            } else {
                byPath[place.absolute] = place
            }
        }
        for place in places where place.mode == .copy {
            guard let mount = nearestMount(above: place.absolute, in: byPath) else { continue }
            diagnostics.error(
                .nestedDestination, "a copy inside the mount `\(mount.written)` would be written into its bucket",
                hint: "copy to a place outside of it, or make it a mount as well", at: place.position, place.path)
        }
    }

    /// The entry right above a path, when it is a mount: a copy between the two would be complained about by itself.
    private func nearestMount(above path: String, in places: [String: Place]) -> Place? {
        var parent = path[...]
        while let slash = parent.lastIndex(of: "/"), slash > parent.startIndex {
            parent = parent[..<slash]
            if let place = places[String(parent)], place.mode?.isMount == true { return place }
        }
        return nil
    }
}
