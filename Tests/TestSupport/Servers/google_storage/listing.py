"""Pages of names, and the parts of documents that are asked for."""

import base64
import bisect
import re


def listing(bucket, query):
    prefix, delimiter = query.get("prefix", "").encode(), query.get("delimiter", "").encode()
    start, end = query.get("startOffset", "").encode(), query.get("endOffset", "").encode()
    limit = min(int(query.get("maxResults", 1000)), 1000)
    after = base64.urlsafe_b64decode(query["pageToken"]) if query.get("pageToken") else None
    names = bucket.names
    # Folders in which nothing is are groups, too.
    shown = query.get("includeFoldersAsPrefixes") == "true" and delimiter == b"/"
    folders = {name.encode() for name in bucket.folders} if shown else set()
    if folders:
        names = sorted({*names, *folders})
    items, prefixes, last = [], [], after
    for name in names[bisect.bisect_left(names, max(prefix, start, after or b"")):]:
        if end and name >= end or not name.startswith(prefix):
            break
        cut = name.find(delimiter, len(prefix)) if delimiter else -1
        entry = name if cut < 0 else name[: cut + len(delimiter)]
        if last is not None and (entry == last or cut < 0 and name <= last):
            continue
        if len(items) + len(prefixes) == limit:
            return items, prefixes, base64.urlsafe_b64encode(last).decode()
        last = entry
        if cut < 0 and name.decode() in bucket.objects:
            items.append(bucket.objects[name.decode()].document)
        if cut >= 0 or name in folders:
            prefixes.append(entry.decode())
    return items, prefixes, None


def select(document, fields):
    """Of `name,items(name,size),prefixes` what a document has."""
    if not fields or fields == "*":
        return document
    if isinstance(document, list):
        return [select(element, fields) for element in document]
    chosen = {}
    for name, inner in re.findall(r"([\w/*]+)(?:\(([^()]*)\))?", fields):
        head, _, rest = name.partition("/")
        if head in document:
            chosen[head] = select(document[head], inner or rest)
    return chosen
