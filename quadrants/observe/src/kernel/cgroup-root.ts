/**
 * Where the cgroup v2 hierarchy is mounted, from the text of `/proc/self/mounts`; on hybrid hosts that is
 * `/sys/fs/cgroup/unified`, for links cannot be made on v1 directories.
 */
export function findCgroupRoot(mounts: string): string | undefined {
  for (const line of mounts.split('\n')) {
    const [, path, type] = line.split(' ')
    if (type === 'cgroup2') return path?.replaceAll('\\040', ' ')
  }
  return undefined
}
