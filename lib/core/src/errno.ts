/** Linux error numbers (include/uapi/asm-generic/errno-base.h and errno.h) that sockets, files and bpf(2) give. */
const ERRNO: Readonly<Record<number, readonly [name: string, text: string]>> = {
  1: ['EPERM', 'operation not permitted'],
  2: ['ENOENT', 'no such file, object or entry'],
  3: ['ESRCH', 'no such process'],
  4: ['EINTR', 'interrupted'],
  5: ['EIO', 'input/output error'],
  7: ['E2BIG', 'argument or program too large'],
  9: ['EBADF', 'bad file descriptor'],
  11: ['EAGAIN', 'try again'],
  12: ['ENOMEM', 'out of memory'],
  13: ['EACCES', 'permission denied'],
  14: ['EFAULT', 'bad address'],
  16: ['EBUSY', 'busy'],
  17: ['EEXIST', 'exists already'],
  19: ['ENODEV', 'no such device'],
  20: ['ENOTDIR', 'not a directory'],
  22: ['EINVAL', 'invalid argument'],
  23: ['ENFILE', 'too many open files on the host'],
  24: ['EMFILE', 'too many open files'],
  27: ['EFBIG', 'file too large'],
  28: ['ENOSPC', 'no space left'],
  32: ['EPIPE', 'the other end is closed'],
  34: ['ERANGE', 'out of range'],
  38: ['ENOSYS', 'not in this kernel'],
  71: ['EPROTO', 'protocol error'],
  75: ['EOVERFLOW', 'value too large'],
  90: ['EMSGSIZE', 'message too long'],
  95: ['EOPNOTSUPP', 'operation not supported'],
  97: ['EAFNOSUPPORT', 'address family not supported'],
  98: ['EADDRINUSE', 'address in use'],
  99: ['EADDRNOTAVAIL', 'address not available'],
  100: ['ENETDOWN', 'network is down'],
  101: ['ENETUNREACH', 'network is unreachable'],
  103: ['ECONNABORTED', 'connection aborted'],
  104: ['ECONNRESET', 'connection reset by the other end'],
  105: ['ENOBUFS', 'no buffer space'],
  107: ['ENOTCONN', 'not connected'],
  110: ['ETIMEDOUT', 'timed out'],
  111: ['ECONNREFUSED', 'connection refused'],
  112: ['EHOSTDOWN', 'host is down'],
  113: ['EHOSTUNREACH', 'no route to host'],
  115: ['EINPROGRESS', 'in progress'],
  125: ['ECANCELED', 'cancelled'],
  524: ['ENOTSUPP', 'operation not supported by this kernel'],
}

/** `ECONNREFUSED` for 111; `errno 999` for a number without a name; empty for 0. */
export function errnoName(errno: number): string {
  return errno === 0 ? '' : (ERRNO[Math.abs(errno)]?.[0] ?? `errno ${Math.abs(errno)}`)
}

/** `connection refused` for 111. */
export function errnoText(errno: number): string {
  return errno === 0 ? '' : (ERRNO[Math.abs(errno)]?.[1] ?? `error number ${Math.abs(errno)}`)
}
