/**
 * Why a gateway takes no release, closed so that a caller can switch over it, in the order in which it looks:
 *
 * - `manifest-too-large`     the signed bytes, or their signatures, are over a limit
 * - `unsigned`               it has no signature
 * - `untrusted-key`          none of those who signed it is trusted here, for this filter
 * - `wrong-signature`        a key that is trusted has not signed these bytes
 * - `too-few-signatures`     fewer keys have than must
 * - `manifest`               what was signed is no manifest, or says what this version does not understand
 * - `unknown-filter`         this gateway has no place for a filter of that name
 * - `not-yet-valid`, `expired`
 * - `downgraded`             a newer version was accepted
 * - `same-version`           another release with this very number was accepted
 * - `module-not-granted`     the gateway's configuration names another module
 * - `vm-not-granted`         it would share the data of other filters, and who signed it may not sign those
 * - `capability-not-granted` it asks for what the gateway's configuration does not grant
 * - `limit-too-high`         it asks for more than the gateway's configuration grants
 * - `module-too-large`
 * - `abi`                    of proxy-wasm, not known here
 *
 * then of its module:
 *
 * - `truncated`              the server has less of it than was signed
 * - `misplaced-chunk`        what came is not what was asked for
 * - `digest-mismatch`        the whole of it is not what was signed
 * - `not-stored`             this gateway cannot keep it: its disk has no room, or fails
 *
 * then of what is made of it, where what served before serves on:
 *
 * - `not-compiled`           it is no module that can be compiled, or not within its limits
 * - `not-started`            it failed when it was begun
 * - `crashed`                the gateway ended more than once while it was being begun
 * - `withdrawn`              it served, and failed then
 * - `superseded`             a newer release came before it served
 *
 * and of orders, besides the first of these:
 *
 * - `order`                  what was signed is no order
 * - `old-order`              a later one was followed
 */
export type RefusalCode =
  | 'manifest-too-large'
  | 'unsigned'
  | 'untrusted-key'
  | 'wrong-signature'
  | 'too-few-signatures'
  | 'manifest'
  | 'unknown-filter'
  | 'not-yet-valid'
  | 'expired'
  | 'downgraded'
  | 'same-version'
  | 'module-not-granted'
  | 'vm-not-granted'
  | 'capability-not-granted'
  | 'limit-too-high'
  | 'module-too-large'
  | 'abi'
  | 'truncated'
  | 'misplaced-chunk'
  | 'digest-mismatch'
  | 'not-stored'
  | 'not-compiled'
  | 'not-started'
  | 'crashed'
  | 'withdrawn'
  | 'superseded'
  | 'order'
  | 'old-order'

export interface Refusal {
  readonly code: RefusalCode
  /** For people: what is wrong, and with what. */
  readonly reason: string
}

export function refuse(code: RefusalCode, reason: string): Refusal {
  return { code, reason }
}
