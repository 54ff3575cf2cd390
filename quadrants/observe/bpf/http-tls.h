/* SPDX-License-Identifier: (MIT OR GPL-2.0-only) */
/*
 * The name that a client asks for in the first message of TLS (RFC 8446, 4.1.2;
 * RFC 6066, 3), as far as one packet has it. What follows is not looked at.
 */
#ifndef QUADRANT_HTTP_TLS_H
#define QUADRANT_HTTP_TLS_H

/* Record header 5, message header 4, version 2, random 32. */
#define HELLO_SESSION 43
#define EXTENSIONS_MAX 40
#define NAME_UNKNOWN (-1)

static __always_inline __u32 byte_of(struct __sk_buff *skb, __u32 at)
{
	__u8 byte = 0;

	bpf_skb_load_bytes(skb, at, &byte, 1);
	return byte;
}

static __always_inline __u32 short_of(struct __sk_buff *skb, __u32 at)
{
	__be16 value = 0;

	bpf_skb_load_bytes(skb, at, &value, 2);
	return bpf_ntohs(value);
}

/* Whether these are the first bytes of a handshake record with a ClientHello. */
static __always_inline bool is_hello(__u64 word)
{
	return (word & 0xffff) == 0x0316 && (word >> 40 & 0xff) == 1;
}

/* Puts the name into the window and gives its length: 0 without one, NAME_UNKNOWN when it is not in this packet. */
__noinline int read_server_name(struct __sk_buff *skb, __u32 start, struct http_half *half)
{
	__u32 at = start + HELLO_SESSION, end = skb->len;

	if (!half)
		return NAME_UNKNOWN;
	half->fill = 0;
	at += 1 + byte_of(skb, at);
	at += 2 + short_of(skb, at);
	at += 1 + byte_of(skb, at);
	at += 2;
	for (int i = 0; i < EXTENSIONS_MAX; i++) {
		__u32 length;

		if (at + 4 > end)
			break;
		length = short_of(skb, at + 2);
		if (short_of(skb, at) == 0) {
			/* A list of names with its length, each with its type and length: the first one. */
			length = short_of(skb, at + 7);
			if (length > PATH_BYTES || at + 9 + length > end)
				return NAME_UNKNOWN;
			fill_window(skb, half, at + 9, at + 9 + length);
			return half->fill == length ? length : NAME_UNKNOWN;
		}
		at += 4 + length;
	}
	/* The record is whole here, or its rest is in the next packet. */
	return start + 5 + short_of(skb, start + 3) <= end ? 0 : NAME_UNKNOWN;
}

#endif
