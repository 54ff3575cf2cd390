/** Whether tests build their programs with every toolchain: they are downloaded. */
export const WITH_ALL_TOOLCHAINS = process.env['QUADRANT_TOOLCHAINS'] === 'all'

/** Of each minor release the newest, and of the one whose patch releases differ both. */
export const TOOLCHAINS = [
  'go1.20.14',
  'go1.21.13',
  'go1.22.12',
  'go1.23.3',
  'go1.23.12',
  'go1.24.13',
  'go1.25.14',
  'go1.26.11',
  'go1.27.4',
] as const
