/* SPDX-License-Identifier: (MIT OR GPL-2.0-only) */
/*
 * Which requests are captured in full, as user space tells it. The same offsets
 * are in src/l7/sampling/table-layout.ts; a test compares both by BTF. Little
 * endian; nothing here needs padding that is not written out.
 *
 * There are two tables, elements 0 and 1 of one array map. The one in force is
 * `generation & 1`, where the generation is a single word that is written after
 * its table: no reader ever sees half of a change, and none waits. User space
 * leaves a table alone for 10 ms after the other came in force.
 *
 * The rules are tried in order, and the first whose every condition holds is
 * the rule of a request: where its rate says no, no other is asked.
 */
#ifndef QUADRANT_SAMPLING_H
#define QUADRANT_SAMPLING_H

#define SAMPLING_TABLES 2
#define SAMPLING_RULES 16
#define SAMPLING_NAME_BYTES 32
#define SAMPLING_VALUE_BYTES 32
#define SAMPLING_PATH_BYTES 32

enum sampling_table_flag {
	/* Some rule looks at a header: without it no request is searched for one. */
	SAMPLING_SCAN = 1,
};

enum sampling_rule_flag {
	/* name[] must be there; its value is value[], or whatever it is. */
	SAMPLING_HEADER = 1,
	SAMPLING_VALUE = 2,
	/*
	 * The path begins with path[]. One that has a '%' in these bytes, or does not begin with a '/', cannot be told by
	 * them: it counts as one that does. Always with SAMPLING_CONFIRM.
	 */
	SAMPLING_PATH = 4,
	/* Only services whose sampling_scope has the rule's bit. */
	SAMPLING_SERVICE = 8,
	/* User space looks again, at the route: what is captured here is a candidate. */
	SAMPLING_CONFIRM = 16,
};

struct sampling_rule {
	unsigned char name[SAMPLING_NAME_BYTES];   /* 0: lower case */
	unsigned char value[SAMPLING_VALUE_BYTES]; /* 32: lower case, no space around it */
	unsigned char path[SAMPLING_PATH_BYTES];   /* 64: as it is sent */
	unsigned char name_length;                 /* 96 */
	unsigned char value_length;                /* 97: 0 with SAMPLING_VALUE: an empty one */
	unsigned char path_length;                 /* 98 */
	unsigned char flags;                       /* 99: enum sampling_rule_flag */
	unsigned int protocols;                    /* 100: 1 << RequestProtocol: 2 HTTP/1, 4 HTTP/2, 8 gRPC */
	unsigned int threshold;                    /* 104: taken where a random word is <= it: (t + 1) of 2^32 */
	unsigned int per_second;                   /* 108: the first ones of each second; 0: all. What is over it is not lost */
	unsigned int cap;                          /* 112: captures a second at most; 0: no cap of its own. What is over it is lost */
	unsigned int pad[3];                       /* 116: 0 */
};                                             /* 128 */

struct sampling_table {
	unsigned int generation;                   /* 0: of these rules; counted up by one with each change */
	unsigned int count;                        /* 4: of rules, at most SAMPLING_RULES */
	unsigned int cap;                          /* 8: captures a second at most, over all rules */
	unsigned int flags;                        /* 12: enum sampling_table_flag */
	struct sampling_rule rules[SAMPLING_RULES]; /* 16 */
};                                             /* 2064 */

/* The requests of this server are captured at its own sockets, which are of this host. */
#define SAMPLING_ELSEWHERE (1U << 31)

/* Of one service: bit i is set where rule i is for it, or SAMPLING_ELSEWHERE. The word of a generation is `generation & 1`, as with tables. */
struct sampling_scope {
	unsigned int rules[SAMPLING_TABLES];       /* 0 */
};                                             /* 8 */

_Static_assert(sizeof(struct sampling_rule) == 128, "sampling_rule");
_Static_assert(sizeof(struct sampling_table) == 16 + SAMPLING_RULES * 128, "sampling_table");
_Static_assert(sizeof(struct sampling_scope) == 8, "sampling_scope");

#endif
