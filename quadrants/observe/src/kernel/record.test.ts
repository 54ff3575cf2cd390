import assert from 'node:assert/strict'
import { test } from 'node:test'
import { structCodec } from '@quadrant/ebpf'
import { readObject } from './objects.ts'
import {
  ARGV_BYTES,
  EXEC_WORDS,
  FILENAME_BYTES,
  PROCESS_WORDS,
  ProcessWord,
  SOCK_BYTES,
  SockWord,
} from './record.ts'

/** Fields of the C struct and the word, or byte, that TypeScript reads. */
const SOCKET_FIELDS: ReadonlyArray<readonly [field: string, byte: number]> = [
  ['kind', SockWord.head * 4],
  ['family', SockWord.head * 4 + 1],
  ['protocol', SockWord.head * 4 + 2],
  ['flags', SockWord.head * 4 + 3],
  ['netns', SockWord.netns * 4],
  ['ts', SockWord.ts * 4],
  ['cookie', SockWord.cookie * 4],
  ['local', SockWord.local * 4],
  ['remote', SockWord.remote * 4],
  ['local_port', SockWord.ports * 4],
  ['remote_port', SockWord.ports * 4 + 2],
  ['tgid', SockWord.tgid * 4],
  ['start_ns', SockWord.start * 4],
  ['bytes_sent', SockWord.bytesSent * 4],
  ['bytes_received', SockWord.bytesReceived * 4],
  ['segments_out', SockWord.segmentsOut * 4],
  ['segments_in', SockWord.segmentsIn * 4],
  ['retransmits', SockWord.retransmits * 4],
  ['rtt_us', SockWord.rttUs * 4],
  ['old_state', SockWord.state * 4],
  ['new_state', SockWord.state * 4 + 1],
  ['error', SockWord.state * 4 + 2],
  ['uid', SockWord.uid * 4],
  ['comm', SockWord.comm * 4],
  ['cgroup', SockWord.cgroup * 4],
  ['opened_ts', SockWord.opened * 4],
  ['established_ts', SockWord.established * 4],
]

const EXEC_FIELDS: ReadonlyArray<readonly [field: string, byte: number]> = [
  ['head.kind', ProcessWord.head * 4],
  ['head.netns', ProcessWord.netns * 4],
  ['head.ts', ProcessWord.ts * 4],
  ['head.tgid', ProcessWord.tgid * 4],
  ['head.parent_tgid', ProcessWord.parentTgid * 4],
  ['head.start_ns', ProcessWord.start * 4],
  ['head.parent_start_ns', ProcessWord.parentStart * 4],
  ['head.uid', ProcessWord.uid * 4],
  ['head.exit_code', ProcessWord.exitCode * 4],
  ['head.cgroup', ProcessWord.cgroup * 4],
  ['head.comm', ProcessWord.comm * 4],
  ['head.filename_bytes', ProcessWord.textBytes * 4],
  ['head.argv_bytes', ProcessWord.textBytes * 4 + 2],
  ['head.argv_total', ProcessWord.argvTotal * 4],
  ['filename', ProcessWord.filename * 4],
  ['argv', ProcessWord.argv * 4],
]

test('the socket record lies as the compiled programs write it', () => {
  const codec = structCodec(readObject('udp', 'ring').btf, 'struct sock_record')
  assert.equal(codec.bytes, SOCK_BYTES)
  for (const [field, byte] of SOCKET_FIELDS) assert.equal(codec.offset(field), byte, field)
  assert.equal(codec.fields.length, SOCKET_FIELDS.length)
})

test('the process records lie as the compiled programs write them', () => {
  const codec = structCodec(readObject('processes', 'perf').btf, 'struct exec_record')
  assert.equal(codec.bytes, EXEC_WORDS * 4)
  assert.equal(ProcessWord.filename, PROCESS_WORDS)
  assert.equal(ProcessWord.argv * 4 - ProcessWord.filename * 4, FILENAME_BYTES)
  assert.equal(codec.bytes - ProcessWord.argv * 4, ARGV_BYTES)
  for (const [field, byte] of EXEC_FIELDS) assert.equal(codec.offset(field), byte, field)
})
