import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { formatAddress } from '@quadrant/core'
import { type NetSocket, parseNetTable } from './net-table.ts'
import { parseOpenCounts } from './open-counts.ts'
import { parseSocketLink } from './socket-holders.ts'

// As Linux 6.18 wrote them.
const TCP = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode                                                     
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 12345 1 00000000a4b5c6d7 100 0 0 10 0                     
   1: 0100007F:1F90 0100007F:C350 01 00000005:00000000 00:00000000 00000000  1000        0 4294967295 1 00000000a4b5c6d8 20 4 30 10 -1                  
   2: 0A0A000A:C350 0B0A000A:01BB 06 00000000:00000000 03:00001770 00000000     0        0 0 3 00000000a4b5c6d9                                      
`
const TCP6 = `  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000000000000000000001000000:0016 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 77 1 00000000a4b5c6da 100 0 0 10 0
   1: 0000000000000000FFFF00000100007F:0050 0000000000000000FFFF00000200007F:9C40 01 00000000:00000000 00:00000000 00000000     0        0 78 1 00000000a4b5c6db 20 4 30 10 -1
`
const UDP = `   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops             
  281: 3500007F:0035 00000000:0000 07 00000000:00000000 00:00000000 00000000   101        0 901 2 00000000a4b5c6dc 0         
`

function text({ family, local, remote, localPort, remotePort, state, uid, inode }: NetSocket): string {
  const address = (words: readonly number[]) =>
    formatAddress(new Uint8Array(Uint32Array.from(words).buffer).slice(0, family === 2 ? 4 : 16))
  return `${address(local)}:${localPort} ${address(remote)}:${remotePort} state=${state} uid=${uid} inode=${inode}`
}

test('sockets of /proc/net', () => {
  assert.deepEqual(parseNetTable(TCP).sockets.map(text), [
    '127.0.0.1:8080 0.0.0.0:0 state=10 uid=0 inode=12345',
    '127.0.0.1:8080 127.0.0.1:50000 state=1 uid=1000 inode=4294967295',
    '10.0.10.10:50000 10.0.10.11:443 state=6 uid=0 inode=0',
  ])
  assert.deepEqual(parseNetTable(TCP6).sockets.map(text), [
    '::1:22 :::0 state=10 uid=0 inode=77',
    '127.0.0.1:80 127.0.0.2:40000 state=1 uid=0 inode=78',
  ])
  assert.deepEqual(parseNetTable(UDP).sockets.map(text), [
    '127.0.0.53:53 0.0.0.0:0 state=7 uid=101 inode=901',
  ])
})

test('lines that are cut or strange are counted, never thrown on', () => {
  assert.deepEqual(parseNetTable(''), { sockets: [], skipped: 0 })
  assert.deepEqual(parseNetTable('no header'), { sockets: [], skipped: 0 })
  assert.equal(parseNetTable(`${TCP}   3: 0100007F`).skipped, 1)
  fc.assert(
    fc.property(
      fc.nat(TCP.length),
      fc.nat(TCP.length),
      fc.string({ maxLength: 20 }),
      (from, length, junk) => {
        const broken = TCP.slice(0, from) + junk + TCP.slice(from + length)
        for (const socket of parseNetTable(broken).sockets) {
          assert.ok(Number.isSafeInteger(socket.inode) && socket.localPort <= 0xffff && socket.state <= 0xff)
          text(socket)
        }
      },
    ),
    { seed: 5, numRuns: 500 },
  )
})

test('links and counters', () => {
  assert.deepEqual(
    ['socket:[12]', 'socket:[]', 'pipe:[12]', 'socket:[x]', ''].map(parseSocketLink),
    [12, 0, 0, 0, 0],
  )
  const snmp = 'Ip: Forwarding\nIp: 1\nTcp: RtoAlgorithm ActiveOpens PassiveOpens\nTcp: 1 22 33\n'
  assert.deepEqual(parseOpenCounts(snmp), { active: 22, passive: 33 })
  assert.equal(parseOpenCounts(''), undefined)
  assert.equal(parseOpenCounts('Tcp: A\nTcp: 1\n'), undefined)
})
