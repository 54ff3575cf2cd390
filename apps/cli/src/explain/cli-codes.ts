import type { CliErrorCode } from '../cli-error.ts'
import type { Explanation } from './explanation.ts'

/** Error codes of the command line and of queries. */
export const CLI_EXPLANATIONS: Readonly<
  Record<CliErrorCode | 'QRY001' | 'QRY002' | 'QRY003' | 'QRY004' | 'COORD001', Explanation>
> = {
  'QDR-C001': {
    title: 'no server is known',
    text: `The command asks the server that \`quadrant up\` runs. It finds it by the file server.json in the data
directory: --data DIR, else QUADRANT_DATA, else /var/lib/quadrant for root, else ~/.local/state/quadrant
(XDG_STATE_HOME) and then /var/lib/quadrant. None of these has one.
Start it: sudo quadrant up. If it runs with --data DIR, give the same --data here.`,
  },
  'QDR-C002': {
    title: 'the server does not answer',
    text: `server.json names an address where nothing answers. The server was killed, or is being started again by
\`quadrant up\`: then the same command works a second later. Else start it: sudo quadrant up.`,
  },
  'QDR-C003': {
    title: "the server's address cannot be read",
    text: `server.json holds the token that opens the console, so only the user of the server and root may read it.
Run the command with sudo, or as the user that started the server. A file that is not a server's, or that names
an address beyond this machine, is refused: the token goes nowhere else.`,
  },
  'QDR-C004': {
    title: 'the token was refused',
    text: `The server that answers is not the one that wrote server.json, or its token was changed. Exit code 4.
End the server that runs there and start \`quadrant up\` again.`,
  },
  'QDR-C005': {
    title: 'Quadrant runs already on this data directory',
    text: `One \`quadrant up\` holds a data directory at a time (up.json in it). The message shows its process and the
address of its console. For a second one give another --data DIR and --port.`,
  },
  'QDR-C006': {
    title: 'the port is taken',
    text: `The port given with --port, or by QUADRANT_PORT, cannot be listened on. Without a wish the first choice is
7700, and any free port where that is taken.`,
  },
  'QDR-C007': {
    title: 'the data directory cannot be used',
    text: `It cannot be made or entered, is not a directory, or holds files that are not Quadrant's: as root, \`up\` sets
the owner and mode of the directory, and does not do that to somebody's folder. Give an empty or new one.`,
  },
  'QDR-C008': {
    title: 'a part does not start',
    text: `The agent or the server ended five times in a row before it worked, or refused its arguments. Its last log
lines are in the message. A part that has worked once is started again for ever, at most five seconds later.`,
  },
  'QDR-C009': {
    title: 'this host cannot do what was asked',
    text: `For example --source ebpf without root, or on a kernel that lacks a needed hook. Exit code 5.
\`quadrant doctor\` names what is missing and what mends it; --source auto takes /proc where eBPF is not possible.`,
  },
  'QDR-C010': {
    title: 'a recording has lines that are not flows',
    text: `--input-file reads what \`quadrant observe -o jsonl\` writes: one flow a line. Each bad line is named with its
number (the first ten), all are counted, and the good ones are shown. Exit code 3, so that a script notices.`,
  },
  'QDR-C011': {
    title: 'the server failed, or cannot do it now',
    text: `The server was reached and could not answer. The message has its reason, such as that no agent is connected;
where it is a fault of the server's, its log has the details.`,
  },
  'QDR-C012': {
    title: 'the command line is wrong',
    text: 'A command, a flag or a value is not understood. Exit code 2. Every command has --help with examples.',
  },
  'QDR-C013': {
    title: 'a file cannot be read',
    text: 'The file given with --input-file, or to `pipeline check` or `schema diff`, is not there or not readable. - stands for stdin.',
  },
  'QDR-C017': {
    title: 'the pipeline file cannot be run',
    text: `The file given with \`up --pipeline\` has mistakes; nothing was started. Exit code 1.
\`quadrant pipeline check FILE\` shows the same, and warnings too; \`quadrant explain PIPE…\` says more of each.`,
  },
  'QDR-C014': {
    title: 'a terminal cannot show that form',
    text: `\`quadrant profile -o pprof\` is a compressed file of bytes, which would only garble a terminal. Exit code 2.
Write it to a file, with --file PATH or > PATH, and open that with \`go tool pprof PATH\`.`,
  },
  'QDR-C015': {
    title: 'a file cannot be written',
    text: 'The file given with --file cannot be written: its folder is not there, is not yours, or has no room left.',
  },
  'QDR-C016': {
    title: 'no service or process of that name',
    text: `The server knows no service, process id or coordinate like the one given. \`quadrant top --by services\` lists
services; a process is named by its id, or by proc:HOST/PID@START where ids were used more than once.`,
  },
  'QDR-C018': {
    title: 'a file is no program of WASI preview 1',
    text: `\`quadrant wasm run\` takes a WebAssembly module that exports _start and memory and imports nothing but
wasi_snapshot_preview1, quadrant_net_v1 for connections, and wasi_ephemeral_nn where --nn gives it. Go writes one with GOOS=wasip1 GOARCH=wasm go build, Rust for the target wasm32-wasip1.
Libraries (-buildmode=c-shared), components (preview 2) and modules for browsers are none. A module that starts with more
memory than --memory allows is refused too. \`quadrant wasm inspect\` says what a module is and what it asks for.`,
  },
  'QDR-C019': {
    title: 'a program trapped',
    text: `The engine ended the program: it read outside of its memory, divided by zero, came to unreachable, or its stack
was too deep. The functions are listed innermost first; a module without a name section (-ldflags=-s) has their numbers
only. A panic of Go is no trap: it has exit code 2, and prints its goroutines itself.`,
  },
  'QDR-C020': {
    title: 'a program took too long',
    text: `It ran longer than --timeout, and was ended, whether it waited, called the host or computed without a pause. What
it had written by then is there. Exit code 3.`,
  },
  'QDR-C021': {
    title: 'a model cannot be loaded',
    text: `Each --nn NAME=FILE is loaded before the program runs. The message has what onnxruntime says: the file is not
there, is no ONNX model, or has an operator or a type of tensor that is not known (wasi-nn has no text). Models run in the
WebAssembly build of onnxruntime. --nn-target cpu or gpu needs its native library beside Quadrant:
ONNXRUNTIME_NODE_INSTALL=skip npm install --no-save onnxruntime-node@1.30.0. Exit code 3.`,
  },
  'QDR-C022': {
    title: 'the gateway cannot start',
    text: `An address cannot be listened on, because another process does or because the port is below 1024 and the user is
not root; or a certificate or key cannot be read, or is none. The message has which. Exit code 3.
\`quadrant gateway --config FILE --check\` looks at the file alone.`,
  },
  'QDR-C023': {
    title: 'a key cannot be used',
    text: `Filters are signed with private keys of Ed25519 in PEM (PKCS #8), and verified with public ones (SPKI).
\`quadrant filter keygen\` makes a pair. A private key that others on this machine can read is refused: chmod 600 it, and
make a new one if somebody may have read it.`,
  },
  'QDR-C024': {
    title: 'a filter is not taken',
    text: `What was to be signed or pushed is nothing that a gateway would take; the message says why. A version has to be
above all that were pushed: an older one comes back by \`quadrant filter rollback\`, which signs it with a new number.
\`quadrant filter verify FILE --key PUBLIC\` checks a file, \`quadrant filter list\` says what each gateway makes of it.`,
  },
  'QDR-C025': {
    title: 'a module is no filter',
    text: `Filters of proxy-wasm export proxy_abi_version_0_1_0, _0_2_0 or _0_2_1, a memory and proxy_on_memory_allocate, and
import nothing but hostcalls of that ABI and WASI preview 1. \`quadrant wasm inspect FILE\` says what a module is.
A filter in Go is built with GOOS=wasip1 GOARCH=wasm go build -buildmode=c-shared.`,
  },
  QRY001: {
    title: 'a query names an unknown field',
    text: `Fields of flows: from, to, svc, port, proto, status, event, pid, ip, host. Fields of requests: from, to, svc, port,
proto, method, route, status, grpc, outcome, ip, host; of captured ones also target, authority, header, rule, trace,
duration, pid. A word without a field matches any label.`,
  },
  QRY002: {
    title: 'a quote in a query is not closed',
    text: 'Quotes hold a value with blanks together: from:"my shop". A quote has no escape.',
  },
  QRY003: {
    title: 'a query is too long',
    text: 'A query has at most 1024 characters and 32 terms. A comma lists alternatives within one term: port:80,443.',
  },
  QRY004: {
    title: 'a term of a query has no value',
    text: 'Write key:value, with no blank after the colon.',
  },
  COORD001: {
    title: 'a coordinate cannot be read',
    text: `Coordinates are svc:NAME, proc:HOST/PID@START, host:NAME, addr:ADDRESS, other:REASON, build:sha256:DIGEST,
mod:PATH@VERSION or go:VERSION.`,
  },
}
