import ObjectStore
import Platform

/// Makes the tree's page of a store's page.
///
/// A folder hides an object of its name. In the order of keys `a` comes before `a!`, and that before `a/`, so that whether
/// `a` is hidden may be known only some pages later. Such objects, at most one for each byte of the page's last key, are
/// held back until it is known.
struct PageMaking {
    let prefix: ObjectKey
    let names: ShownName
    /// Folders that are there whatever the store says: they are on the first page and on no other.
    let mountPoints: [[UInt8]]
    /// Whether the store's order can be relied on.
    let isInOrder: Bool

    func page(_ listed: ListPage, of link: PageLink, asked: Int) -> ListedPage {
        let asked = min(asked, link.start.heldBackAsked)
        let groups = Set(listed.prefixes.map { ObjectKey($0.bytes.dropLast()) })
        let through = [listed.objects.last?.key, listed.prefixes.last].compactMap { $0 }.max() ?? link.start.previous
        var content = Content(prefix: prefix, names: names, mountPoints: mountPoints)
        content.entries.reserve(listed.objects.count + listed.prefixes.count + link.start.heldBack.count)
        if link.number == 0, link.start.after == nil {
            for name in mountPoints { content.entries.append(folder: name) }
        }
        var heldBack: [ObjectInfo] = []
        var folders = listed.prefixes[...]
        for object in [link.start.heldBack[...], listed.objects[...]].joined() {
            while let folder = folders.first, folder < object.key { content.append(folder: folders.removeFirst()) }
            if groups.contains(object.key) {
                content.hidden = content.hidden ?? object.key
            } else if isInOrder, listed.next != nil, let through, isUndecided(object.key, through) {
                heldBack.append(object)
            } else {
                content.append(object)
            }
        }
        for folder in folders { content.append(folder: folder) }
        content.entries.finish()
        let next = listed.next.map { token in
            PageLink(
                prefix, number: link.number + 1,
                PageLink.Start(
                    token: token, after: nil, previous: through, heldBack: heldBack,
                    heldBackAsked: heldBack.isEmpty ? .max : asked))
        }
        return ListedPage(
            prefix, content.entries, asked: asked,
            covers: isInOrder ? (after: link.start.previous, through: next == nil ? nil : through) : nil,
            isWhole: next == nil && link.number == 0 && link.start.after == nil, marker: content.marker,
            hidden: content.hidden, next: next)
    }

    /// Whether a folder of the object's name may come behind the page.
    private func isUndecided(_ key: ObjectKey, _ through: ObjectKey) -> Bool {
        through.hasPrefix(key) && through < key + "/"
    }

    private struct Content {
        let prefix: ObjectKey
        let names: ShownName
        let mountPoints: [[UInt8]]
        var entries = PackedEntries()
        var marker: ObjectInfo?
        var hidden: ObjectKey?

        mutating func append(_ object: ObjectInfo) {
            if object.key == prefix {
                marker = object
                // A folder has no content.
                if object.size > 0 { hidden = hidden ?? object.key }
                return
            }
            let name = object.key.bytes.dropFirst(prefix.bytes.count)
            guard names.isShown(name), !isMountPoint(name) else { return hidden = hidden ?? object.key }
            entries.append(object, name: name)
        }

        mutating func append(folder: ObjectKey) {
            let name = folder.bytes.dropFirst(prefix.bytes.count).dropLast()
            guard names.isShown(name) else { return hidden = hidden ?? folder }
            if !isMountPoint(name) { entries.append(folder: name) }
        }

        private func isMountPoint(_ name: some Collection<UInt8>) -> Bool {
            mountPoints.contains { $0.elementsEqual(name) }
        }
    }
}
