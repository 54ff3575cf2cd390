import { execFileSync } from 'node:child_process'

/**
 * Two network namespaces joined by a veth pair, as two hosts on one wire:
 *
 *     left  10.213.7.1, fd13:7::1  ───  right  10.213.7.2, fd13:7::2
 */
export class NamespacePair implements Disposable {
  static readonly leftV4 = '10.213.7.1'
  static readonly rightV4 = '10.213.7.2'
  static readonly leftV6 = 'fd13:7::1'
  static readonly rightV6 = 'fd13:7::2'
  readonly left: string
  readonly right: string

  constructor(prefix = `qdr-${process.pid}`) {
    this.left = `${prefix}-l`
    this.right = `${prefix}-r`
    ip('netns', 'add', this.left)
    ip('netns', 'add', this.right)
    ip('-n', this.left, 'link', 'add', 'wire', 'type', 'veth', 'peer', 'name', 'wire', 'netns', this.right)
    this.#address(this.left, NamespacePair.leftV4, NamespacePair.leftV6)
    this.#address(this.right, NamespacePair.rightV4, NamespacePair.rightV6)
  }

  #address(namespace: string, v4: string, v6: string) {
    ip('-n', namespace, 'addr', 'add', `${v4}/24`, 'dev', 'wire')
    // Without `nodad` the address is tentative for a second and nothing can bind to it.
    ip('-n', namespace, 'addr', 'add', `${v6}/64`, 'dev', 'wire', 'nodad')
    ip('-n', namespace, 'link', 'set', 'wire', 'up')
    ip('-n', namespace, 'link', 'set', 'lo', 'up')
  }

  [Symbol.dispose](): void {
    for (const namespace of [this.left, this.right]) ip('netns', 'del', namespace)
  }
}

function ip(...args: readonly string[]): void {
  execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'pipe'] })
}
