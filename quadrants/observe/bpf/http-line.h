/* SPDX-License-Identifier: (MIT OR GPL-2.0-only) */
/*
 * Lines of one direction of a connection, whatever packets they come in. The
 * window holds the bytes from `base` of the packet on; a line that the packet
 * does not end is kept at the window's start and goes on in the next packet.
 */
#ifndef QUADRANT_HTTP_LINE_H
#define QUADRANT_HTTP_LINE_H

#define WINDOW_BYTES 256
/* Windows of one line: 16 KiB, more than servers take. */
#define WINDOWS_MAX 64

struct http_half {
	__u64 left;
	/* When the first byte of an unfinished start line came. */
	__u64 started_ns;
	__u32 next_seq;
	/* Offset in the packet of the window's first byte; below zero when that came in an earlier packet. */
	__s32 base;
	__u32 fill;
	/* Indices in the window: of the line, of what was not searched yet, of the byte behind the line. */
	__u32 line;
	__u32 scan;
	__u32 after;
	__u8 state;
	__u8 in_step;
	__u8 has_length;
	__u8 chunked;
	__u8 no_body;
	__u8 skip_line;
	__u8 tunnel;
	/* Requests out of step: an answer has come since, so that what comes next is a new request. */
	__u8 may_start;
	/* This message's head is to be captured: of a request, by which rule, from 1 on. */
	__u8 sampled;
	/* Some rule looks at the fields of this request. */
	__u8 scans;
	/* Rules of a generation for which there was a field. */
	__u16 matched;
	__u32 generation;
	/* Of HTTP/2: what of the frame that is under way is told; `left` bytes of it are to come. */
	__u8 keep;
	__u8 zero[3];
	/* Of HTTP/2: of the next record; and the first byte that is missing where packets are out of order. */
	__u32 number;
	__u32 hole;
	/* Of HTTP/2: a processor is at it. */
	__u32 busy;
	/* Offset in this packet of the head's first byte; 0 when that came in an earlier packet. */
	__u32 head_at;
	__u8 window[WINDOW_BYTES + 8];
};

enum line_result { LINE_NONE, LINE_WHOLE, LINE_START, LINE_REST, LINE_TOO_LONG };

/* Index of the first newline in a word of eight bytes, 8 when there is none. */
static __always_inline __u32 newline_in(__u64 word)
{
	__u64 x = word ^ 0x0a0a0a0a0a0a0a0aULL;
	__u64 found = (x - 0x0101010101010101ULL) & ~x & 0x8080808080808080ULL;

	if (!found)
		return 8;
	/* The lowest bit alone is 0x80 << 8k: the multiplication brings byte k of the table to the top. */
	return (((found & -found) >> 7) * 0x0001020304050607ULL) >> 56;
}

static __always_inline __u64 word_at(const struct http_half *half, __u32 index)
{
	return *(const __u64 *)(half->window + (index & (WINDOW_BYTES - 1)));
}

/* Reads bytes of the packet into the window, behind what is there. */
__noinline int fill_window(struct __sk_buff *skb, struct http_half *half, __u32 from, __u32 end)
{
	__u32 fill, bytes;

	if (!half || from >= end)
		return 0;
	fill = half->fill;
	bytes = end - from;
	if (fill >= WINDOW_BYTES)
		return 0;
	if (fill == 0) {
		if (bytes > WINDOW_BYTES)
			bytes = WINDOW_BYTES;
		asm volatile("" : "+r"(bytes));
		if (bytes == 0 || bytes > WINDOW_BYTES)
			return 0;
		if (bpf_skb_load_bytes(skb, from, half->window, bytes))
			return 0;
	} else {
		if (bytes > WINDOW_BYTES - fill)
			bytes = WINDOW_BYTES - fill;
		/* A line that goes on is rare and short: by bytes, which the verifier can follow. */
		for (__u32 i = 0; i < WINDOW_BYTES; i++) {
			if (i >= bytes)
				break;
			if (bpf_skb_load_bytes(skb, from + i, &half->window[(fill + i) & (WINDOW_BYTES - 1)], 1))
				return 0;
		}
	}
	half->fill = fill + bytes;
	return 0;
}

/* Index of the first newline that was not searched yet, or `fill`. */
__noinline __u32 search_window(struct http_half *half)
{
	__u32 scan, fill;

	if (!half)
		return 0;
	scan = half->scan;
	fill = half->fill;
	for (int i = 0; i < WINDOW_BYTES / 8; i++) {
		__u32 found;

		if (scan >= fill)
			break;
		found = newline_in(word_at(half, scan));
		scan += found;
		if (found < 8)
			break;
	}
	return scan < fill ? scan : fill;
}

/* The next line from byte `line` of the window on. */
__noinline int next_line(struct __sk_buff *skb, struct http_half *half, __u32 end)
{
	if (!half)
		return LINE_NONE;
	for (int windows = 0; windows < WINDOWS_MAX; windows++) {
		__u32 newline = search_window(half);
		__u32 fill = half->fill;
		__s32 from;

		if (newline < fill) {
			half->scan = half->after = newline + 1;
			return half->skip_line ? LINE_REST : LINE_WHOLE;
		}
		half->scan = fill;
		from = half->base + (__s32)fill;
		if (from >= (__s32)end) {
			/* The rest of the line comes in the next packet. */
			if (half->skip_line) {
				half->line = half->scan = half->fill = 0;
			} else if (half->line > 0) {
				half->base += half->line;
				half->line = half->fill = half->scan = 0;
				fill_window(skb, half, half->base, end);
				half->scan = half->fill;
			}
			return LINE_NONE;
		}
		if (half->line > 0) {
			half->scan = fill - half->line;
			half->base += half->line;
			half->line = half->fill = 0;
			fill_window(skb, half, half->base, end);
		} else if (fill < WINDOW_BYTES) {
			fill_window(skb, half, from, end);
		} else if (!half->skip_line) {
			half->skip_line = 1;
			half->after = fill;
			return LINE_START;
		} else {
			half->base = from;
			half->fill = half->scan = 0;
			fill_window(skb, half, from, end);
		}
		if (half->fill == half->scan)
			return LINE_NONE;
	}
	return LINE_TOO_LONG;
}

#endif
