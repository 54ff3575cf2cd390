import { buildCommand, buildRouteMap, type TypedFlagParameter } from '@stricli/core'
import type { Context } from '../context.ts'
import type { WasmInspectFlags } from '../wasm/inspect.ts'
import type { WasmRunFlags } from '../wasm/run.ts'
import type { WasmServeFlags } from '../wasm/serve.ts'
import { NN_TARGETS, type NnTarget } from '../wasm/nn-target.ts'
import { documentOutputFlag, durationSeconds, helpText, wholeNumber } from './flags.ts'
import { withContext } from './with-context.ts'

const DAY_SECONDS = 86_400

function listFlag(brief: string, placeholder: string): TypedFlagParameter<string[] | undefined, Context> {
  return { kind: 'parsed', parse: String, brief, placeholder, variadic: true, optional: true }
}

/** What a program has of this machine, however it is run. */
const grantFlags = {
  allowNet: listFlag(
    'Whom the program may connect to: HOST:PORT; HOST also 10.0.0.0/8, *.example.com or *, PORT also 80-90 or *',
    'HOST:PORT',
  ),
  dir: listFlag('A directory the program may use: GUEST=HOST, with :ro behind it to read only', 'DIR'),
  env: listFlag('A variable: NAME=VALUE, or NAME to hand on the one that is set here', 'NAME'),
  memory: {
    kind: 'parsed' as const,
    parse: wholeNumber(1, 4096),
    brief: 'Most memory that the program may have, in MiB',
    placeholder: 'MIB',
    default: '1024',
  },
  nn: listFlag('A model (ONNX) that the program may have computed, and what it calls it', 'NAME=FILE'),
  nnTarget: {
    kind: 'enum' as const,
    values: NN_TARGETS,
    brief: 'Where those models run: wasm (if not given), or, where onnxruntime-node is installed, cpu or gpu',
    optional: true as const,
  } satisfies TypedFlagParameter<NnTarget | undefined, Context>,
}

const fuelFlag: TypedFlagParameter<number | undefined, Context> = {
  kind: 'parsed',
  parse: wholeNumber(1, 1_000_000_000),
  brief: 'End a run that computes more than so many million units, each about an instruction of the machine',
  placeholder: 'MILLIONS',
  optional: true,
}

const run = buildCommand<WasmRunFlags, string[], Context>({
  loader: withContext(async () => (await import('../wasm/run.ts')).runWasm),
  parameters: {
    flags: {
      ...grantFlags,
      listen: listFlag('A TCP port that the program may accept connections of: PORT or HOST:PORT', 'ADDRESS'),
      timeout: {
        kind: 'parsed',
        parse: durationSeconds(1, DAY_SECONDS),
        brief: 'End the program after so long: 30s, 5m',
        placeholder: 'TIME',
        optional: true,
      },
      fuel: fuelFlag,
    },
    positional: {
      kind: 'array',
      minimum: 1,
      parameter: { parse: String, brief: 'The program, and behind -- its arguments', placeholder: 'FILE' },
    },
  },
  docs: {
    brief: 'Run a program of WASI preview 1, such as Go built with GOOS=wasip1',
    fullDescription: helpText(
      [
        'Run a program of WASI preview 1, such as Go built with GOOS=wasip1 GOARCH=wasm.',
        '',
        'It has arguments, stdio, clocks and randomness, and of this machine only the directories, variables and ports that',
        'are named. A listener is at the descriptor LISTEN_FDS_START, further ones behind it (LISTEN_FDS of them): in Go',
        'net.FileListener(os.NewFile(fd, "")). It connects to others by the Go package guest/go/net, to those of --allow-net',
        'only. The exit code is that of the program, 3 where it trapped or was ended.',
      ].join('\n'),
      [
        ['quadrant wasm run app.wasm -- --mode=prod', 'with an argument'],
        ['quadrant wasm run app.wasm --dir /config=./config:ro', 'with a directory, only to read'],
        ['quadrant wasm run app.wasm --env HOME --env MODE=prod', 'with two variables'],
        ['quadrant wasm run server.wasm --listen 8080', 'a server on 127.0.0.1:8080'],
        ['quadrant wasm run client.wasm --allow-net example.com:443', 'that may call one other'],
        [
          "quadrant wasm run client.wasm --allow-net '*.example.com:443' --allow-net 10.0.0.0/8:*",
          'or some others',
        ],
        ['quadrant wasm run infer.wasm --nn digits=digits.onnx', 'with a model, by wasi-nn or guest/go/nn'],
        ['quadrant wasm run infer.wasm --nn digits=digits.onnx --nn-target gpu', 'on the GPU'],
      ],
    ),
  },
})

const serve = buildCommand<WasmServeFlags, string[], Context>({
  loader: withContext(async () => (await import('../wasm/serve.ts')).serveWasm),
  parameters: {
    flags: {
      ...grantFlags,
      arg: listFlag('An argument that each program gets', 'TEXT'),
      listen: {
        kind: 'parsed',
        parse: String,
        brief: 'Where requests come: PORT or HOST:PORT, without a host on this machine only',
        placeholder: 'ADDRESS',
        default: '7710',
      },
      timeout: {
        kind: 'parsed',
        parse: durationSeconds(1, DAY_SECONDS),
        brief: 'End a run after so long: 30s, 5m',
        placeholder: 'TIME',
        default: '30s',
      },
      fuel: fuelFlag,
      warm: {
        kind: 'parsed',
        parse: wholeNumber(0, 1000),
        brief: 'Instances of each program that are kept ready',
        placeholder: 'COUNT',
        default: '4',
      },
      runs: {
        kind: 'parsed',
        parse: wholeNumber(1, 10_000),
        brief: 'Runs of each program at once; more are refused with 503',
        placeholder: 'COUNT',
        default: '64',
      },
    },
    positional: {
      kind: 'array',
      minimum: 1,
      parameter: { parse: String, brief: 'Programs, each at its name without .wasm', placeholder: 'FILE' },
    },
  },
  docs: {
    brief: 'Keep programs compiled and begun, and run one for each request',
    fullDescription: helpText(
      [
        'Keep programs of WASI preview 1 compiled and ready, and run them at requests: the body is stdin, stdout is the answer.',
        '',
        'Each request has an instance of its own, which has come as far as its runtime and packages go without input, and is',
        'gone afterwards. Exit code and fuel are in the trailers Quadrant-Exit and Quadrant-Fuel; a program that fails before',
        'it wrote anything is answered with 500 and its stderr. GET / tells what runs. Requests of web pages are refused.',
      ].join('\n'),
      [
        [
          'quadrant wasm serve upper.wasm',
          'then: echo hello | curl --data-binary @- http://127.0.0.1:7710/upper',
        ],
        [
          'quadrant wasm serve a.wasm b.wasm --dir /config=./config:ro --fuel 1000',
          'two programs with a limit',
        ],
      ],
    ),
  },
})

const inspect = buildCommand<WasmInspectFlags, [string], Context>({
  loader: withContext(async () => (await import('../wasm/inspect.ts')).runInspect),
  parameters: {
    flags: { output: documentOutputFlag },
    aliases: { o: 'output' },
    positional: {
      kind: 'tuple',
      parameters: [{ parse: String, brief: 'A WebAssembly module', placeholder: 'FILE' }],
    },
  },
  docs: {
    brief: 'Say what a WebAssembly module is and asks for, without running it',
    fullDescription: helpText(
      [
        'Say what a WebAssembly module is and asks for, without running it: its digest, what built it, the modules of a Go',
        'program, its memory, and what it could do with what it imports. Imports that no host here gives are told as unknown.',
      ].join('\n'),
      [
        ['quadrant wasm inspect app.wasm', 'a program'],
        ['quadrant wasm inspect app.wasm -o json', 'for other programs'],
      ],
    ),
  },
})

export const wasm = buildRouteMap({
  routes: { run, serve, inspect },
  docs: {
    brief: 'Run WebAssembly programs with no more of this machine than they are given, and inspect them',
  },
})
