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

/*
 * What a byte adds to the counts of its segment, a byte each: digits, hexadecimal digits, dashes, all. No
 * branch for each kind of byte; 0 for what ends a segment. A path of PATH_BYTES overflows none of them.
 */
#define CLASS_DIGIT 0x01000101
#define CLASS_HEX 0x01000100
#define CLASS_DASH 0x01010000
#define CLASS_ANY 0x01000000

static const __u32 CLASSES[256] = {
	['!' ... '"'] = CLASS_ANY, /* not '#' */
	['$' ... ','] = CLASS_ANY,
	['-'] = CLASS_DASH,
	['.'] = CLASS_ANY, /* not '/' */
	['0' ... '9'] = CLASS_DIGIT,
	[':' ... '>'] = CLASS_ANY, /* not '?' */
	['@'] = CLASS_ANY,
	['A' ... 'F'] = CLASS_HEX,
	['G' ... '`'] = CLASS_ANY,
	['a' ... 'f'] = CLASS_HEX,
	['g' ... 0xff] = CLASS_ANY,
};

/* A function of its own, whose result the verifier knows nothing of. */
__noinline __u64 end_segment(__u64 before, __u64 hash, __u32 counts)
{
	__u32 length = counts >> 24, dashes = counts >> 16 & 0xff, hex = counts >> 8 & 0xff;

	if (length == 0)
		return hash;
	if ((counts & 0xff) == length || (hex == length && length >= HEX_ID_MIN) ||
	    (length == UUID_BYTES && dashes == 4 && hex == UUID_BYTES - 4))
		return hash_byte(before, HASH_IDENTIFIER);
	return hash;
}

static __always_inline __u32 nothing_of(const struct path_mark *mark)
{
	return *(const volatile __u32 *)&mark->nothing;
}

/* Marks the path that begins at an index of the window. */
__noinline int mark_path(struct http_half *half, __u32 start, __u32 stop, struct path_mark *mark)
{
	__u64 hash, before;
	__u32 counts, i;

	if (!half || !mark)
		return 0;
	counts = nothing_of(mark);
	hash = before = HASH_START ^ nothing_of(mark);
	mark->cut = 1;
	for (i = 0; i < PATH_BYTES; i++) {
		__u32 c, class;

		if (start + i >= stop)
			break;
		c = half->window[(start + i) & (WINDOW_BYTES - 1)];
		class = CLASSES[c];
		if (!class) {
			if (c != '/') {
				mark->cut = 0;
				break;
			}
			hash = before = hash_byte(end_segment(before, hash, counts), c);
			counts = nothing_of(mark);
			continue;
		}
		hash = hash_byte(hash, c);
		counts += class;
	}
	mark->hash = end_segment(before, hash, counts);
	mark->bytes = i;
	return 0;
}

#endif
