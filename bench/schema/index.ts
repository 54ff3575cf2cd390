import { fromBinary, create, toBinary } from '@bufbuild/protobuf'
import { fileDesc, messageDesc } from '@bufbuild/protobuf/codegenv2'
import {
  FieldDescriptorProto_Label,
  FieldDescriptorProto_Type,
  FileDescriptorProtoSchema,
} from '@bufbuild/protobuf/wkt'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { generateSchema } from '@quadrant/wasm'
import { MessageReader } from '@quadrant/wasm/message'
import { judge, type Benchmark, type Row, type RunOptions } from '../benchmark.ts'
import { median, pairedRatio } from '../load/pairs.ts'

const SOURCE = `package shop

type User struct {
	ID     uint64
	Name   string
	Active bool
	Tags   []string
}
`
const USERS = 1000
const SLICE_TURNS = 20
const WARM_UP_SLICES = 30

export const benchmark: Benchmark = {
  name: 'schema',
  description:
    'Time to read id and name of a user out of linear memory: generated accessors beside protobuf-es and JSON, which read ' +
    'all of it. A thousand users, slices in turn.',
  run,
}

interface User {
  readonly id: bigint
  readonly name: string
}

interface Generated {
  readonly User: new (message: MessageReader) => User
  readonly writeUser: (
    user: User & { readonly active: boolean; readonly tags: readonly string[] },
  ) => Uint8Array
}

async function run({ quick, progress }: RunOptions): Promise<readonly Row[]> {
  const { User: Accessor, writeUser } = await generated()
  const users = Array.from({ length: USERS }, (_, index) => ({
    id: BigInt(index * 7919),
    name: `user number ${index}`,
    active: index % 2 === 0,
    tags: ['admin', 'eu-west', `team-${index % 17}`],
  }))
  const protobuf = userDescriptor()
  const decoder = new TextDecoder()
  // All of them lie in linear memory, where a guest would have put them.
  const memory = new WebAssembly.Memory({ initial: 64 })
  const message = new MessageReader(new Uint8Array(memory.buffer))
  const kinds: Readonly<Record<string, (bytes: Uint8Array) => number>> = {
    accessors: ({ byteOffset, byteLength }) => {
      const user = new Accessor(message.open(byteOffset, byteLength))
      return Number(user.id) + user.name.length
    },
    protobuf: (bytes) => {
      const user = fromBinary(protobuf, bytes) as unknown as User
      return Number(user.id) + user.name.length
    },
    JSON: (bytes) => {
      const user = JSON.parse(decoder.decode(bytes)) as { readonly id: number; readonly name: string }
      return user.id + user.name.length
    },
  }
  const messages: Readonly<Record<string, readonly Uint8Array[]>> = {
    accessors: users.map((user) => writeUser(user)),
    protobuf: users.map((user) => toBinary(protobuf, create(protobuf, user as never))),
    JSON: users.map((user) => Buffer.from(JSON.stringify({ ...user, id: Number(user.id) }))),
  }
  const times = measure(kinds, messages, memory, quick ? 40 : 400, progress)
  const ours = median(times['accessors']!)
  return [
    judge({
      case: 'id and name of a user',
      unit: 'ns',
      ours,
      spread: spread(times['accessors']!),
      goal: 200,
    }),
    ...['protobuf', 'JSON'].map((name) => {
      const ratio = pairedRatio(times['accessors']!, times[name]!)
      return judge({
        case: `the same as ${name}`,
        unit: 'ns',
        ours,
        peer: median(times[name]!),
        peerName: name,
        ratio: ratio.median,
        spread: ratio.spread,
        goal: 0.2,
      })
    }),
  ]
}

/** Nanoseconds a user, of each slice. */
function measure(
  kinds: Readonly<Record<string, (bytes: Uint8Array) => number>>,
  messages: Readonly<Record<string, readonly Uint8Array[]>>,
  memory: WebAssembly.Memory,
  slices: number,
  progress: RunOptions['progress'],
): Readonly<Record<string, readonly number[]>> {
  let end = 0
  const placed = new Map(
    Object.entries(messages).map(([name, all]) => [
      name,
      all.map((message) => {
        const view = new Uint8Array(memory.buffer, end, message.length)
        view.set(message)
        end = (end + message.length + 7) & ~7
        return view
      }),
    ]),
  )
  const times = Object.fromEntries(Object.keys(kinds).map((name) => [name, [] as number[]]))
  let sum = 0
  for (let slice = -WARM_UP_SLICES; slice < slices; slice++) {
    if (slice === 0) progress('measuring')
    for (const [name, read] of Object.entries(kinds)) {
      const all = placed.get(name)!
      const began = performance.now()
      for (let turn = 0; turn < SLICE_TURNS; turn++) for (const bytes of all) sum += read(bytes)
      const ns = ((performance.now() - began) * 1e6) / (SLICE_TURNS * USERS)
      if (slice >= 0) times[name]!.push(ns)
    }
  }
  if (Number.isNaN(sum)) throw new Error('what was read is no number')
  return times
}

function spread(values: readonly number[]): readonly [number, number] {
  return [Math.min(...values), Math.max(...values)]
}

async function generated(): Promise<Generated> {
  const runtime = import.meta.resolve('@quadrant/wasm/message')
  const { value } = generateSchema(SOURCE, 'user.go', { languages: ['ts'], runtime })
  const folder = mkdtempSync(join(tmpdir(), 'quadrant-bench-schema-'))
  try {
    const file = join(folder, 'user.ts')
    writeFileSync(file, value![0]!.text)
    return (await import(pathToFileURL(file).href)) as Generated
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** `message User { uint64 id = 1; string name = 2; bool active = 3; repeated string tags = 4; }` */
function userDescriptor() {
  const field = (name: string, number: number, type: FieldDescriptorProto_Type, isRepeated = false) => ({
    name,
    number,
    type,
    label: isRepeated ? FieldDescriptorProto_Label.REPEATED : FieldDescriptorProto_Label.OPTIONAL,
  })
  const file = create(FileDescriptorProtoSchema, {
    name: 'user.proto',
    syntax: 'proto3',
    messageType: [
      {
        name: 'User',
        field: [
          field('id', 1, FieldDescriptorProto_Type.UINT64),
          field('name', 2, FieldDescriptorProto_Type.STRING),
          field('active', 3, FieldDescriptorProto_Type.BOOL),
          field('tags', 4, FieldDescriptorProto_Type.STRING, true),
        ],
      },
    ],
  })
  return messageDesc(fileDesc(Buffer.from(toBinary(FileDescriptorProtoSchema, file)).toString('base64')), 0)
}
