/* SPDX-License-Identifier: (MIT OR GPL-2.0-only) */
/*
 * The tables: a hash map gives the number of a slot, an array that is mapped
 * into user space has the slot. A table that is full gives slot 0, or the
 * server's own slot for the rest, and counts it.
 */
#ifndef QUADRANT_HTTP_SERIES_H
#define QUADRANT_HTTP_SERIES_H

const volatile __u32 paths_of_server_max = 1000;
/* Whether the kernel says who runs (since 6.10). */
const volatile __u32 tells_process = 1;

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1); /* as many as there are processors: set when loaded */
	__type(key, __u32);
	__type(value, struct http_counts);
} http_counters SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct http_slots);
} http_slots SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, SERVERS_MAX);
	__type(key, __u32);
	__type(value, struct http_server);
} http_servers SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, PATHS_MAX);
	__type(key, __u32);
	__type(value, struct http_path);
} http_paths SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, SERIES_MAX);
	__type(key, __u32);
	__type(value, struct http_series);
} http_series SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, CLIENTS_MAX);
	__type(key, __u32);
	__type(value, struct http_client);
} http_clients SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, CLIENTS_MAX);
	__type(key, struct http_client_key);
	__type(value, __u32);
} http_client_slots SEC(".maps");

/* The end of a connection within this host from which requests come, as its server sees it. */
struct http_port_key {
	/* In network order; IPv4 as IPv6 has it. */
	__u32 address[4];
	__u16 port;
	__u16 server_port;
};

/* Which process began to ask there: noted by its side before the server sees it. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, struct http_port_key);
	__type(value, __u32);
} http_askers SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, SERVERS_MAX);
	__type(key, struct http_server_key);
	__type(value, __u32);
} http_server_slots SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, PATHS_MAX);
	__type(key, struct http_path_key);
	__type(value, __u32);
} http_path_slots SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, SERIES_MAX);
	__type(key, struct http_series_key);
	__type(value, __u32);
} http_series_slots SEC(".maps");

static __always_inline void count_many(__u32 counter, __u64 count)
{
	__u32 cpu = bpf_get_smp_processor_id();
	struct http_counts *counts = bpf_map_lookup_elem(&http_counters, &cpu);

	/* A program of the same processor may have interrupted this one. */
	if (counts && counter < HTTP_COUNTERS)
		__sync_fetch_and_add(&counts->counts[counter], count);
}

static __always_inline void count(__u32 counter)
{
	count_many(counter, 1);
}

static __always_inline struct http_slots *slots(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&http_slots, &zero);
}

/* The slot of a server, 0 when there is none left. */
__noinline __u32 find_server(struct http_server_key *key)
{
	struct http_slots *given = slots();
	struct http_server *server;
	__u32 *known, slot;

	if (!key || !given)
		return 0;
	known = bpf_map_lookup_elem(&http_server_slots, key);
	if (known)
		return *known;
	if (given->servers >= SERVERS_MAX - 1)
		goto other;
	slot = __sync_fetch_and_add(&given->servers, 1) + 1;
	if (slot >= SERVERS_MAX)
		goto other;
	server = bpf_map_lookup_elem(&http_servers, &slot);
	if (!server)
		goto other;
	if (bpf_map_update_elem(&http_server_slots, key, &slot, BPF_NOEXIST)) {
		count(HTTP_SLOT_RACES);
		known = bpf_map_lookup_elem(&http_server_slots, key);
		return known ? *known : 0;
	}
	server->key = *key;
	__sync_fetch_and_add(&server->ready, 1);
	return slot;
other:
	count(HTTP_SERVER_OTHER);
	return 0;
}

/* The slot of a path whose text is in the window, 0 when there is none left for this server. */
__noinline __u32 find_path(struct http_half *half, __u32 start, struct path_mark *mark, __u32 server_slot)
{
	struct http_slots *given = slots();
	struct http_path_key key = {};
	struct http_server *server;
	struct http_path *path;
	__u32 *known, slot;

	if (!half || !mark || !given)
		return 0;
	key.hash = mark->hash;
	key.server = server_slot;
	known = bpf_map_lookup_elem(&http_path_slots, &key);
	if (known)
		return *known;
	server = bpf_map_lookup_elem(&http_servers, &server_slot);
	if (!server || server->paths >= paths_of_server_max || given->paths >= PATHS_MAX - 1)
		goto other;
	if (__sync_fetch_and_add(&server->paths, 1) >= paths_of_server_max)
		goto other;
	slot = __sync_fetch_and_add(&given->paths, 1) + 1;
	if (slot >= PATHS_MAX)
		goto other;
	path = bpf_map_lookup_elem(&http_paths, &slot);
	if (!path)
		goto other;
	if (bpf_map_update_elem(&http_path_slots, &key, &slot, BPF_NOEXIST)) {
		count(HTTP_SLOT_RACES);
		known = bpf_map_lookup_elem(&http_path_slots, &key);
		return known ? *known : 0;
	}
	path->server = server_slot;
	path->bytes = mark->bytes;
	path->cut = mark->cut;
	for (__u32 i = 0; i < PATH_BYTES; i++) {
		if (i >= mark->bytes)
			break;
		path->text[i] = half->window[(start + i) & (WINDOW_BYTES - 1)];
	}
	__sync_fetch_and_add(&path->ready, 1);
	return slot;
other:
	count(HTTP_PATH_OTHER);
	return 0;
}

/* The slot of a client, 0 where its server has too many. */
__noinline __u32 find_client(struct http_client_key *key)
{
	struct http_slots *given = slots();
	struct http_server *server;
	struct http_client *client;
	__u32 *known, slot;

	if (!key || !given || !key->server)
		return 0;
	known = bpf_map_lookup_elem(&http_client_slots, key);
	if (known)
		return *known;
	slot = key->server;
	server = bpf_map_lookup_elem(&http_servers, &slot);
	if (!server || server->clients >= CLIENTS_OF_SERVER_MAX || given->clients >= CLIENTS_MAX - 1)
		return 0;
	if (__sync_fetch_and_add(&server->clients, 1) >= CLIENTS_OF_SERVER_MAX)
		return 0;
	slot = __sync_fetch_and_add(&given->clients, 1) + 1;
	if (slot >= CLIENTS_MAX)
		return 0;
	client = bpf_map_lookup_elem(&http_clients, &slot);
	if (!client)
		return 0;
	if (bpf_map_update_elem(&http_client_slots, key, &slot, BPF_NOEXIST)) {
		count(HTTP_SLOT_RACES);
		known = bpf_map_lookup_elem(&http_client_slots, key);
		return known ? *known : 0;
	}
	client->key = *key;
	__sync_fetch_and_add(&client->ready, 1);
	return slot;
}

/* The slot of a series; the server's own when there is none left. */
__noinline __u32 find_series(struct http_series_key *key)
{
	struct http_slots *given = slots();
	struct http_series *series;
	__u32 *known, slot;

	if (!key || !given)
		return 0;
	known = bpf_map_lookup_elem(&http_series_slots, key);
	if (known)
		return *known;
	if (given->series >= SERIES_MAX - SERVERS_MAX)
		goto other;
	slot = SERVERS_MAX + __sync_fetch_and_add(&given->series, 1);
	if (slot >= SERIES_MAX)
		goto other;
	series = bpf_map_lookup_elem(&http_series, &slot);
	if (!series)
		goto other;
	if (bpf_map_update_elem(&http_series_slots, key, &slot, BPF_NOEXIST)) {
		count(HTTP_SLOT_RACES);
		known = bpf_map_lookup_elem(&http_series_slots, key);
		return known ? *known : key->server;
	}
	series->key = *key;
	__sync_fetch_and_add(&series->ready, 1);
	return slot;
other:
	count(HTTP_SERIES_OTHER);
	return key->server;
}

/* floor(2^(k/8) * 2^63): where the eight buckets of a power of two begin. */
static const __u64 EIGHTHS[8] = {
	0x8000000000000000ULL,
	0x8b95c1e3ea8bd6e6ULL,
	0x9837f0518db8a96fULL,
	0xa5fed6a9b15138eaULL,
	0xb504f333f9de6484ULL,
	0xc5672a115506daddULL,
	0xd744fccad69d6af4ULL,
	0xeac0c6e7dd24392eULL,
};

/* What is above 2^(i/8) up to 2^((i+1)/8) belongs into bucket i, as in OTLP's exponential histogram of scale 3. */
static __always_inline void add_latency(struct http_series *series, __u64 ns)
{
	/* Below by one: what is a power of two belongs to the bucket that ends there. */
	__u64 value = ns - 1;
	__u32 exponent = 0, bucket, i;
	__u64 rest = value;

	if (ns <= 1ULL << LATENCY_EXPONENT_MIN) {
		__sync_fetch_and_add(&series->below, 1);
		return;
	}
	if (ns > 1ULL << LATENCY_EXPONENT_MAX) {
		__sync_fetch_and_add(&series->above, 1);
		return;
	}
	if (rest >> 32) {
		exponent += 32;
		rest >>= 32;
	}
	if (rest >> 16) {
		exponent += 16;
		rest >>= 16;
	}
	if (rest >> 8) {
		exponent += 8;
		rest >>= 8;
	}
	if (rest >> 4) {
		exponent += 4;
		rest >>= 4;
	}
	if (rest >> 2) {
		exponent += 2;
		rest >>= 2;
	}
	exponent += rest >> 1;
	bucket = (exponent - LATENCY_EXPONENT_MIN) * 8;
#pragma unroll
	for (i = 1; i < 8; i++)
		if (value >= EIGHTHS[i] >> (63 - exponent))
			bucket++;
	if (bucket < LATENCY_BUCKETS)
		__sync_fetch_and_add(&series->latency[bucket], 1);
}

#endif
