import { EbpfError, probeFeatures, readCapabilities, withNetns } from '@quadrant/ebpf'
import type { HostCapabilities } from '@quadrant/proto'
import { HOOKS } from './hook.ts'
import { hookChecks, type FeatureProbe } from './hook-checks.ts'
import { hostChecks, type EnterNamespace } from './host-checks.ts'
import { realHostFiles, type HostFiles } from './host-files.ts'
import { effectiveUid, privilegeChecks } from './privilege-checks.ts'

export interface CheckHostOptions {
  /** Default: this host's files. */
  readonly files?: HostFiles
  /** Effective capabilities of this process, lower case without `cap_`. Default: asked of the kernel. */
  readonly capabilities?: readonly string[]
  /** Default: each facility is really tried. */
  readonly probe?: () => readonly FeatureProbe[]
  /** Default: enters it and comes back. */
  readonly enterNamespace?: EnterNamespace
}

/**
 * What this process may observe on this host, and what it costs to lack the rest. Loads and unloads a small
 * program and a map for each kind, attaches each for a moment, and leaves nothing behind. Never throws.
 */
export function checkHost(options: CheckHostOptions = {}): HostCapabilities {
  const files = options.files ?? realHostFiles
  const capabilities = new Set(options.capabilities ?? ownCapabilities())
  const privileged = capabilities.has('bpf') || capabilities.has('sys_admin')
  const probes = privileged ? (options.probe ?? tryFeatures)() : []
  return {
    $typeName: 'quadrant.v1.HostCapabilities',
    kernel: (files.text('/proc/sys/kernel/osrelease') ?? '').trim(),
    architecture: architecture(),
    root: effectiveUid(files) === 0,
    checks: [
      ...privilegeChecks(files, capabilities),
      ...hostChecks(files, options.enterNamespace ?? enterNamespace),
      ...hookChecks(probes, privileged),
    ],
  }
}

function tryFeatures(): readonly FeatureProbe[] {
  try {
    return probeFeatures()
  } catch (error) {
    // The system layer itself does not work here, e.g. under a seccomp filter: no hook is usable.
    const { message } = EbpfError.from(error)
    return HOOKS.flatMap(({ probes }) => probes).map((id) => ({ id, ok: false, detail: message }))
  }
}

/** As `uname -m` says it. */
function architecture(): string {
  const names: Readonly<Record<string, string>> = { x64: 'x86_64', arm64: 'aarch64' }
  return names[process.arch] ?? process.arch
}

function ownCapabilities(): readonly string[] {
  try {
    return readCapabilities().effective
  } catch {
    return []
  }
}

function enterNamespace(path: string): string | undefined {
  try {
    withNetns(path, () => {})
    return undefined
  } catch (error) {
    const { errnoName, message } = EbpfError.from(error)
    return errnoName ?? message
  }
}
