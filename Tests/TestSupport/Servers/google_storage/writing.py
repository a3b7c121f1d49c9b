"""Objects that are changed, put together, copied, moved."""

import secrets

from google_storage.buckets import find, rewrites
from google_storage.conditions import require
from google_storage.objects import KEPT, Clock, Object
from google_storage.refusals import Refusal

REWRITTEN_AT_ONCE = 1 << 20


class Writing:
    def on_object(self, bucket, key):
        found = find(bucket, key, self.query.get("generation"))
        require(self.query, found, is_read=self.command == "GET")
        if self.command == "DELETE":
            bucket.remove(key)
            return self.answer(204)
        if self.command in ("PATCH", "PUT"):
            self.describe(found)
        elif self.query.get("alt") == "media":
            return self.download(found)
        self.say(found.document)

    def describe(self, found):
        changes = self.document()
        about = {} if self.command == "PUT" else dict(found.about)
        for name in KEPT:
            if name == "metadata" and self.command == "PATCH" and isinstance(changes.get(name), dict):
                merged = {**about.get(name, {}), **changes[name]}
                about[name] = {key: value for key, value in merged.items() if value is not None}
            elif name in changes:
                about[name] = changes[name]
        found.about = {name: value for name, value in about.items() if value is not None}
        found.about.setdefault("storageClass", "STANDARD")
        found.metageneration += 1
        found.updated = Clock.next()

    def compose(self, bucket, key):
        document = self.document()
        sources = document.get("sourceObjects", [])
        if not 1 <= len(sources) <= 32:
            raise Refusal(400, "invalid", f"The number of source components provided ({len(sources)}) exceeds the maximum (32)")
        pieces = []
        for source in sources:
            piece = find(bucket, source["name"], source.get("generation"))
            require(source.get("objectPreconditions", {}), piece)
            pieces.append(piece)
        require(self.query, bucket.objects.get(key))
        components = sum(piece.components or 1 for piece in pieces)
        data = b"".join(piece.data for piece in pieces)
        self.say(bucket.put(Object(bucket.name, key, data, document.get("destination", {}), components)).document)

    def rewrite(self, bucket, key, target, new_key):
        source = find(bucket, key, self.query.get("sourceGeneration"))
        require(self.query, source, prefix="ifSource")
        require(self.query, target.objects.get(new_key))
        call = (source.generation, target.name, new_key)
        token, size = self.query.get("rewriteToken"), len(source.data)
        if token is not None and rewrites.get(token, (None, 0))[0] != call:
            raise Refusal(400, "invalid", "The rewrite token does not belong to this request")
        written = min(size, (rewrites.pop(token)[1] if token else 0) + REWRITTEN_AT_ONCE)
        answer = {"kind": "storage#rewriteResponse", "totalBytesRewritten": str(written), "objectSize": str(size)}
        if written < size:
            token = secrets.token_urlsafe(32)
            rewrites[token] = (call, written)
            return self.say({**answer, "done": False, "rewriteToken": token})
        # Whatever is said of the copy stands for all that was said of the source.
        about = self.document() or source.about
        copy = target.put(Object(target.name, new_key, source.data, about, source.components))
        self.say({**answer, "done": True, "resource": copy.document})

    def move(self, bucket, key, new_key):
        if not bucket.has_folders:
            raise Refusal(400, "invalid", "The bucket has no hierarchical namespace.")
        self.authorize_moves(bucket)
        source = find(bucket, key)
        require(self.query, source, prefix="ifSource")
        require(self.query, bucket.objects.get(new_key))
        moved = bucket.put(Object(bucket.name, new_key, source.data, source.about, source.components))
        if new_key != key:
            bucket.remove(key)
        self.say(moved.document)
