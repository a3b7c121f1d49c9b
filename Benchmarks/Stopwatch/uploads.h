// Objects that come in parts, as long as they are not whole.
#pragma once
#include "content.h"

// Takes over the attributes; the id is written into the room.
void begin_upload(const char *key, char *attributes, char id[40]);
// Takes over the content. False when there is no such upload.
bool add_part(const char *id, const char *key, long number, struct content content, const char *etag);
// One part of the object to be; NULL when there is no such upload.
struct upload *take_upload(const char *id, const char *key);
// Appends a part with this ETag; false when there is none.
bool append_part(const struct upload *upload, long number, const char *etag, struct content *content);
// From it who completes it takes the attributes.
char *take_attributes(struct upload *upload);
void release_upload(struct upload *upload);
// It goes on.
void put_back_upload(struct upload *upload);
