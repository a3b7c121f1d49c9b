#ifndef CSHIMS_FUSE_KEPT_H
#define CSHIMS_FUSE_KEPT_H

#include "fuse_seam.h"

#include <linux/fuse.h>
#include <stdatomic.h>

// The table of requests that were read and not answered: `unique` of each, 0 where there is none. It is written with
// every request, so a place is looked for from where the number says. More at once than there are places are not noted;
// the kernel keeps at most max_background of those that nobody waits for, and programs have no more threads than that.
enum { unanswered_places = 4096, init_room = 512 };

struct shim_fuse_kept {
    _Atomic uint32_t sessions;
    uint32_t init_count;
    uint8_t init[init_room];
    uint64_t granted;
    _Atomic uint64_t unanswered[unanswered_places];
    struct shim_fuse_open_node open[shim_fuse_open_nodes];
};

_Static_assert(sizeof(struct shim_fuse_kept) <= 192 << 10, "the file system's part begins there");

// The INIT request as it comes, with the flags of both words; fields that older kernels leave away are 0.
struct init_request {
    struct fuse_in_header header;
    uint32_t major, minor, max_readahead, flags, flags2;
};

static inline uint64_t init_offers(const struct init_request *request) {
    uint64_t offered = request->flags;
    if (offered & shim_fuse_init_ext) offered |= (uint64_t)request->flags2 << 32;
    return offered;
}

static inline void kept_note(struct shim_fuse_kept *kept, uint64_t unique) {
    for (unsigned step = 0; step < unanswered_places; step++) {
        uint64_t none = 0;
        _Atomic uint64_t *place = &kept->unanswered[(unique / 2 + step) % unanswered_places];
        if (atomic_compare_exchange_strong_explicit(
                place, &none, unique, memory_order_relaxed, memory_order_relaxed))
            return;
    }
}

static inline void kept_forget(struct shim_fuse_kept *kept, uint64_t unique) {
    for (unsigned step = 0; step < unanswered_places; step++) {
        _Atomic uint64_t *place = &kept->unanswered[(unique / 2 + step) % unanswered_places];
        if (atomic_load_explicit(place, memory_order_relaxed) == unique) {
            atomic_store_explicit(place, 0, memory_order_relaxed);
            return;
        }
    }
}

#endif
