import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'

/** Where the server of a lossy path is reached. */
export const SERVER_ADDRESS = '198.18.1.2'

/**
 * A client's network namespace, and a router between it and a server's, whose queue to the server is so short that
 * bursts lose packets on the way. All of it is gone with the processes that hold it.
 */
export class LossyPath implements Disposable {
  readonly #client: ChildProcess
  readonly #router: ChildProcess

  private constructor(client: ChildProcess, router: ChildProcess) {
    this.#client = client
    this.#router = router
  }

  /** @param serverPid a process in a network namespace of its own */
  static async open(serverPid: number): Promise<LossyPath> {
    const path = new LossyPath(await holdNamespace(), await holdNamespace())
    path.#join(path.#router, 'server', '198.18.1', serverPid)
    path.#join(path.#router, 'client', '198.18.2', path.#client.pid!)
    within(path.#router.pid!, 'echo 1 > /proc/sys/net/ipv4/ip_forward')
    within(path.#router.pid!, 'tc qdisc add dev server root tbf rate 200mbit burst 16k limit 24k')
    return path
  }

  /** A command and its arguments that run it at the client. */
  atClient(command: readonly string[]): readonly string[] {
    return ['nsenter', '-n', '-t', String(this.#client.pid), ...command]
  }

  /** Packets that the router had no room for. */
  lostPackets(): number {
    const told = within(this.#router.pid!, 'tc -s qdisc show dev server')
    return Number(/dropped (\d+)/.exec(told)?.[1])
  }

  #join(router: ChildProcess, name: string, net: string, pid: number): void {
    within(
      router.pid!,
      `ip link add ${name} type veth peer name eth0 netns ${pid} && ip addr add ${net}.1/24 dev ${name} && ip link set ${name} up`,
    )
    within(
      pid,
      `ip addr add ${net}.2/24 dev eth0 && ip link set eth0 up && ip route add default via ${net}.1`,
    )
  }

  [Symbol.dispose](): void {
    this.#client.kill()
    this.#router.kill()
  }
}

async function holdNamespace(): Promise<ChildProcess> {
  const holder = spawn('unshare', ['-n', 'sh', '-c', 'echo; exec sleep 60'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await once(holder.stdout, 'data')
  return holder
}

function within(pid: number, script: string): string {
  return execFileSync('nsenter', ['-n', '-t', String(pid), 'sh', '-c', script], { encoding: 'utf8' })
}
