/* SPDX-License-Identifier: (MIT OR GPL-2.0-only) */
/*
 * The hash of a path up to its query, in which each segment that is an
 * identifier counts as one and the same: all digits, a UUID, or 16 and more
 * hexadecimal digits. So a million distinct identifiers are one path.
 */
#ifndef QUADRANT_HTTP_PATH_H
#define QUADRANT_HTTP_PATH_H

#define HASH_START 0xcbf29ce484222325ULL
#define HASH_PRIME 0x100000001b3ULL
/* No byte: what an identifier counts as. */
#define HASH_IDENTIFIER 0x1ffULL
#define HEX_ID_MIN 16
#define UUID_BYTES 36

struct path_mark {
	__u64 hash;
	/* Of the path, as far as it was looked at. */
	__u32 bytes;
	__u32 cut;
	/*
	 * Always 0, which the verifier does not know: counts that begin with it have no range, so that
	 * all ways through the loop are alike to it.
	 */
	__u32 nothing;
	__u32 zero;
};

static __always_inline __u64 hash_byte(__u64 hash, __u64 byte)
{
	return (hash ^ byte) * HASH_PRIME;
}

static __always_inline __u64 end_segment(__u64 before, __u64 hash, __u32 length, __u32 digits, __u32 hex,
					 __u32 dashes)
{
	if (length == 0)
		return hash;
	if (digits == length || (hex == length && length >= HEX_ID_MIN) ||
	    (length == UUID_BYTES && dashes == 4 && hex == UUID_BYTES - 4))
		return hash_byte(before, HASH_IDENTIFIER);
	return hash;
}

/* Marks the path that begins at an index of the window. */
__noinline int mark_path(struct http_half *half, __u32 start, __u32 stop, struct path_mark *mark)
{
	__u64 hash = HASH_START, before = HASH_START;
	__u32 length, digits, hex, dashes, i;

	if (!half || !mark)
		return 0;
	length = digits = hex = dashes = mark->nothing;
	mark->cut = 1;
	for (i = 0; i < PATH_BYTES; i++) {
		__u64 c, low;

		if (start + i >= stop)
			break;
		c = half->window[(start + i) & (WINDOW_BYTES - 1)];
		if (c <= ' ' || c == '?' || c == '#') {
			mark->cut = 0;
			break;
		}
		if (c == '/') {
			hash = hash_byte(end_segment(before, hash, length, digits, hex, dashes), c);
			before = hash;
			length = digits = hex = dashes = mark->nothing;
			continue;
		}
		hash = hash_byte(hash, c);
		/* 1 where the difference is below zero: no branch for each kind of byte. */
		low = (c ^ '0') - 10;
		digits += low >> 63;
		hex += low >> 63;
		low = ((c | 32) ^ 0x60) - 1;
		hex += (low - 6) >> 63 & ~(low >> 63);
		low = (c ^ '-') - 1;
		dashes += low >> 63;
		length++;
	}
	mark->hash = end_segment(before, hash, length, digits, hex, dashes);
	mark->bytes = i;
	return 0;
}

#endif
