/** What the control groups of a process say of where it runs. */
export interface CgroupPlace {
  /** The most telling path: of the v2 hierarchy, else of systemd's, else of any controller. */
  readonly path: string
  /** 64 hexadecimal digits, or the name of an LXC container; or empty. */
  readonly containerId: string
  /** E.g. `nginx.service`, `session-3.scope`; or empty. */
  readonly systemdUnit: string
}

const HEX_ID = /(?:^|[^0-9a-f])([0-9a-f]{64})(?:$|[^0-9a-f])/
/** LXC and LXD name their groups so (lxc.conf: lxc.payload.NAME; before 4.0: /lxc/NAME). */
const LXC = /\/(?:lxc\.payload\.|lxc\/)([^/]+)/

/** Reads the lines of /proc/PID/cgroup (cgroups(7)): `hierarchy:controllers:path`, in v1, v2 and hybrid hosts. */
export function parseCgroups(text: string): CgroupPlace {
  let unified = ''
  let systemd = ''
  let controller = ''
  let containerId = ''
  for (const line of text.split('\n')) {
    const first = line.indexOf(':')
    const second = line.indexOf(':', first + 1)
    if (first === -1 || second === -1) continue
    const controllers = line.slice(first + 1, second)
    const path = line.slice(second + 1)
    if (controllers === '') unified = path
    else if (controllers === 'name=systemd') systemd = path
    else if (path !== '/' && path.length > controller.length) controller = path
    containerId ||= containerOf(path)
  }
  const path = [unified, systemd, controller].find((candidate) => candidate !== '' && candidate !== '/')
  return {
    path: path ?? (unified || systemd || controller),
    containerId,
    systemdUnit: unitOf(systemd) || unitOf(unified),
  }
}

/** The container of a path: docker, containerd, CRI-O, podman and kubelet all put the id into the last group. */
export function containerOf(path: string): string {
  const segments = path.split('/')
  for (let i = segments.length - 1; i >= 0; i--) {
    const match = HEX_ID.exec(segments[i]!)
    if (match) return match[1]!
  }
  return LXC.exec(path)?.[1] ?? ''
}

/** The innermost systemd unit of a path; a container's scope is none. */
export function unitOf(path: string): string {
  const segments = path.split('/')
  for (let i = segments.length - 1; i >= 0; i--) {
    const segment = segments[i]!
    if (!segment.endsWith('.service') && !segment.endsWith('.scope')) continue
    if (HEX_ID.test(segment)) return ''
    return segment.replace(/\\x([0-9a-f]{2})/g, (_, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    )
  }
  return ''
}

/** Whether a unit only says that somebody is logged in, or that the system runs. */
export function isSessionUnit(unit: string): boolean {
  return /^(session-.*\.scope|user@\d+\.service|init\.scope)$/.test(unit)
}
