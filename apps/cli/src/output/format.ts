/** Forms of output. */
export const FORMATS = ['table', 'wide', 'json', 'jsonl'] as const
export type Format = (typeof FORMATS)[number]
