import { OwnedFd } from '../sys/owned-fd.ts'
import { openPinned, pinObject } from '../sys/pin.ts'

/** A program at a hook. It runs until the link is disposed of, or its process ends, unless it is pinned. */
export class Link extends OwnedFd {
  /** The link that is pinned there. @throws {EbpfError} `not-found`; `argument` when it is no link */
  static openPinned(path: string): Link {
    return new Link(openPinned(path, 'link'))
  }

  /** Keeps the program attached under a path of a bpffs. @throws {EbpfError} */
  pin(path: string): void {
    pinObject(this.fd, path)
  }
}
