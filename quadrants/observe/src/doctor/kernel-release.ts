/** Version of a kernel: `6.18.44-fc` is 6.18. */
export interface KernelVersion {
  readonly major: number
  readonly minor: number
}

export function parseKernelRelease(release: string): KernelVersion | undefined {
  const match = /^(\d+)\.(\d+)/.exec(release)
  return match ? { major: Number(match[1]), minor: Number(match[2]) } : undefined
}

export function isAtLeast(version: KernelVersion, major: number, minor: number): boolean {
  return version.major > major || (version.major === major && version.minor >= minor)
}
